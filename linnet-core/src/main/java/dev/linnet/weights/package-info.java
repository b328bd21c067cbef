/**
 * Weights in files: safetensors, and folders of weights as timm and the hub lay them out.
 *
 * <p>Every file is treated as hostile: lengths, overlaps and shapes are checked before memory is
 * taken. Read first: {@link dev.linnet.weights.SafeTensors}.
 */
@NullMarked
package dev.linnet.weights;

import org.jspecify.annotations.NullMarked;
