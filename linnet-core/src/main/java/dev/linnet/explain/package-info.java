/**
 * Looking inside: why a network answers as it does, and what it learnt.
 *
 * <p>Heatmaps ({@link dev.linnet.explain.Attribution} and its records), whether they mean anything
 * ({@link dev.linnet.explain.Faithfulness}, {@link dev.linnet.explain.SanityCheck}), boxes from
 * them ({@link dev.linnet.explain.Localization}); maps of features ({@link
 * dev.linnet.explain.TSne}, {@link dev.linnet.explain.Pca}), nearest pictures ({@link
 * dev.linnet.explain.Neighbors}, on disk {@link dev.linnet.explain.FeatureIndex}). Features are
 * computed in {@code train}, measures of answers in {@code metric}, pages are made of the parts of
 * {@code report}. Read first: {@link dev.linnet.explain.Attribution}, {@link
 * dev.linnet.explain.Explainer}. Used by {@code recipe} and the command line.
 */
@NullMarked
package dev.linnet.explain;

import org.jspecify.annotations.NullMarked;
