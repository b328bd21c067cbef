/**
 * Looking inside: what a network answers with, and what it learnt.
 *
 * <p>Maps of features ({@link dev.linnet.explain.Pca}, {@link dev.linnet.explain.TSne}), nearest
 * pictures ({@link dev.linnet.explain.Neighbors}). Features themselves are computed in {@code
 * train}, measures of answers in {@code metric}, pages are made of the parts of {@code report}.
 * Read first: {@link dev.linnet.explain.TSne}, {@link dev.linnet.explain.Neighbors}. Used by {@code
 * recipe} and the command line.
 */
@NullMarked
package dev.linnet.explain;

import org.jspecify.annotations.NullMarked;
