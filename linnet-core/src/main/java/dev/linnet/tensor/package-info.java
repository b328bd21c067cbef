/**
 * The engine: tensors, scopes of native memory, automatic differentiation, mixed precision, fused
 * kernels, the recording of a forward pass, and the {@link dev.linnet.tensor.Profiler}.
 *
 * <p>The only room that sees the bindings of libtorch and oneDNN. Operators are methods of {@link
 * dev.linnet.tensor.Tensor}; what works on many tensors at once is in {@link
 * dev.linnet.tensor.Foreach}, an operator with a way back of its own is a {@link
 * dev.linnet.tensor.Function}, a forward pass without one is {@link dev.linnet.tensor.Compiled},
 * and {@link dev.linnet.tensor.Fusion} says what is fused. Layers with weights are in {@code nn}.
 * Read first: {@link dev.linnet.tensor.Tensor}, {@link dev.linnet.tensor.Scope}, {@link
 * dev.linnet.tensor.Recording}.
 */
@NullMarked
package dev.linnet.tensor;

import org.jspecify.annotations.NullMarked;
