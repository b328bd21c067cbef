/** Tests of the house as a whole: its rules, its API, its documents. */
@NullMarked
package dev.linnet;

import org.jspecify.annotations.NullMarked;
