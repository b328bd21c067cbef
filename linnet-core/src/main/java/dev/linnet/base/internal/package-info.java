/**
 * What several rooms share and is no API: fetching over HTTP, checksums, locks between processes,
 * the lines about keys of recipes.
 *
 * <p>{@link dev.linnet.base.internal.Fetch} is the only way to the network; what is fetched, and
 * into which layout, is said in {@code data} and {@code weights}.
 */
@NullMarked
package dev.linnet.base.internal;

import org.jspecify.annotations.NullMarked;
