/**
 * Weights in files: safetensors, state dicts of {@code torch.save}, folders of weights as timm and
 * the hub lay them out, and the hub from which they come.
 *
 * <p>Every file is treated as hostile: lengths, overlaps and shapes are checked before memory is
 * taken, and a pickle can build tensors only. The networks are in {@code models}, fetching over
 * HTTP is in {@code base.internal}. Read first: {@link dev.linnet.weights.WeightsFolder}, {@link
 * dev.linnet.weights.SafeTensors}, {@link dev.linnet.weights.Pretrained}.
 */
@NullMarked
package dev.linnet.weights;

import org.jspecify.annotations.NullMarked;
