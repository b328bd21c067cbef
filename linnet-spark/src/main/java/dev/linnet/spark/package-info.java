/**
 * What {@code predict} and {@code embed} do, on Spark: two transformers of Spark ML that add
 * columns to a table of pictures.
 *
 * <p>Read {@link dev.linnet.spark.ImageClassifier} first, then {@link
 * dev.linnet.spark.ImageEmbedder} and {@link dev.linnet.spark.PictureTransformer}, which has what
 * both share. Nothing is computed here: how a picture is read and what a network answers is the
 * library's. How a model comes to the executors and what memory it takes there is in {@code
 * docs/spark.md}.
 */
@NullMarked
package dev.linnet.spark;

import org.jspecify.annotations.NullMarked;
