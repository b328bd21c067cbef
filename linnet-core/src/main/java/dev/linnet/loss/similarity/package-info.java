/**
 * What training for similarity minimizes: functions of embeddings and labels that pull pictures of
 * a class together and push others apart.
 *
 * <p>{@link dev.linnet.loss.similarity.PairLoss} compares the pictures of a batch with each other,
 * {@link dev.linnet.loss.similarity.ProxyLoss} with rows that stand for the classes and are trained
 * beside the network. How good embeddings are is measured by {@code metric.Retrieval}. Used by
 * {@code train} and above.
 */
@NullMarked
package dev.linnet.loss.similarity;

import org.jspecify.annotations.NullMarked;
