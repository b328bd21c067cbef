/**
 * Weights in files: safetensors, state dicts of {@code torch.save}, and folders of weights as timm
 * and the hub lay them out.
 *
 * <p>Every file is treated as hostile: lengths, overlaps and shapes are checked before memory is
 * taken, and a pickle can build tensors only. The networks are in {@code models}. Read first:
 * {@link dev.linnet.weights.WeightsFolder}, {@link dev.linnet.weights.SafeTensors}, {@link
 * dev.linnet.weights.Pretrained}.
 */
@NullMarked
package dev.linnet.weights;

import org.jspecify.annotations.NullMarked;
