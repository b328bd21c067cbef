/**
 * What tests share: seeded cases ({@link dev.linnet.testing.Seeds}), and where the data and
 * reference values lie that are not in this repository ({@link dev.linnet.testing.Shared}).
 */
@NullMarked
package dev.linnet.testing;

import org.jspecify.annotations.NullMarked;
