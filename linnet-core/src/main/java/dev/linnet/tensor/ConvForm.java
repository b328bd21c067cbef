package dev.linnet.tensor;

import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.deconvolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;

/**
 * Sizes of a convolution of all channels, and what oneDNN calls it.
 *
 * @param batch pictures of mapHeight × mapWidth pixels and in channels; the kernel is height ×
 *     width
 * @param out channels of the result
 * @param walk stride, padding before, dilation and padding behind, each of height and width
 */
record ConvForm(
    long batch,
    long in,
    long out,
    long height,
    long width,
    long mapHeight,
    long mapWidth,
    List<Long> walk) {
  private static final int STRIDE = 0;
  private static final int BEFORE = 2;
  private static final int DILATION = 4;
  private static final int BEHIND = 6;

  /** How a window walks over maps of a shape. */
  static ConvForm of(Tensor x, Tensor weight, Window window) {
    long[] stride = window.stride();
    long[] padding = window.padding();
    long[] dilation = window.dilation();
    return new ConvForm(
        x.dim(0),
        x.dim(1),
        weight.dim(0),
        weight.dim(2),
        weight.dim(3),
        x.dim(2),
        x.dim(3),
        List.of(
            stride[0],
            stride[1],
            padding[0],
            padding[1],
            dilation[0],
            dilation[1],
            padding[0],
            padding[1]));
  }

  /** Of height (0) or width (1), in pixels. */
  long stride(int side) {
    return walk.get(STRIDE + side);
  }

  /** Pixels of zeros above or left of a map. */
  long padding(int side) {
    return walk.get(BEFORE + side);
  }

  long dilation(int side) {
    return walk.get(DILATION + side);
  }

  /** Pixels from the first to the last that a kernel sees. */
  long reach(int side) {
    return dilation(side) * ((side == 0 ? height : width) - 1) + 1;
  }

  private long out(int side) {
    long size = (side == 0 ? mapHeight : mapWidth) + padding(side) + walk.get(BEHIND + side);
    return (size - reach(side)) / stride(side) + 1;
  }

  long outHeight() {
    return out(0);
  }

  long outWidth() {
    return out(1);
  }

  Shape result() {
    return Shape.of(batch, out, outHeight(), outWidth());
  }

  /** Pixels of all results. */
  long pixels() {
    return batch * outHeight() * outWidth();
  }

  /** Numbers of the maps before it. */
  long xValues() {
    return batch * in * mapHeight * mapWidth;
  }

  /** Numbers of its results. */
  long yValues() {
    return pixels() * out;
  }

  /** Of another number of pictures. */
  ConvForm of(long pictures) {
    return new ConvForm(pictures, in, out, height, width, mapHeight, mapWidth, walk);
  }

  /** Whether the kernel sees each pixel once and alone. */
  boolean isPointwise() {
    return height == 1 && width == 1 && walk.equals(List.of(1L, 1L, 0L, 0L, 1L, 1L, 0L, 0L));
  }

  /** Whether it is a linear layer's: pixels stand in no plane. */
  boolean isOfRows() {
    return isPointwise() && mapWidth == 1;
  }

  memory.desc x(DType dtype) {
    return Kernels.channelsLast(dtype, batch, in, mapHeight, mapWidth);
  }

  memory.desc y(DType dtype) {
    return Kernels.channelsLast(dtype, batch, out, outHeight(), outWidth());
  }

  /** The weight as a kernel likes it best. */
  private memory.desc weight(memory.data_type type) {
    return new memory.desc(new long[] {out, in, height, width}, type, memory.format_tag.any);
  }

  private memory.desc weight(DType dtype) {
    return weight(dtype == DType.BFLOAT16 ? memory.data_type.bf16 : memory.data_type.f32);
  }

  private long[] pair(int first, long less) {
    return new long[] {walk.get(first) - less, walk.get(first + 1) - less};
  }

  /**
   * @param bias its form; an empty one where there is none
   */
  convolution_forward.primitive_desc ahead(DType dtype, memory.desc bias) {
    return ahead(dtype, bias, new primitive_attr());
  }

  /**
   * With what is done to each result on the way.
   *
   * @param bias its form; an empty one where there is none
   */
  convolution_forward.primitive_desc ahead(
      DType dtype, memory.desc bias, primitive_attr attributes) {
    return new convolution_forward.primitive_desc(
        Kernels.processor(),
        dnnl.prop_kind.forward_training,
        dnnl.algorithm.convolution_direct,
        x(dtype),
        weight(dtype),
        bias,
        y(dtype),
        pair(STRIDE, 0),
        pair(DILATION, 1),
        pair(BEFORE, 0),
        pair(BEHIND, 0),
        attributes,
        false);
  }

  convolution_backward_data.primitive_desc byX(
      DType dtype, convolution_forward.primitive_desc ahead) {
    return new convolution_backward_data.primitive_desc(
        Kernels.processor(),
        dnnl.algorithm.convolution_direct,
        x(dtype),
        weight(dtype),
        y(dtype),
        pair(STRIDE, 0),
        pair(DILATION, 1),
        pair(BEFORE, 0),
        pair(BEHIND, 0),
        ahead,
        new primitive_attr(),
        false);
  }

  /**
   * The same as a transposed convolution, whose weight is [C, K, h, w], and something behind it.
   */
  deconvolution_forward.primitive_desc ontoX(DType dtype, primitive_attr attributes) {
    memory.data_type type = Kernels.type(dtype);
    return new deconvolution_forward.primitive_desc(
        Kernels.processor(),
        dnnl.prop_kind.forward_training,
        dnnl.algorithm.deconvolution_direct,
        y(dtype),
        new memory.desc(new long[] {in, out, height, width}, type, memory.format_tag.any),
        new memory.desc(),
        x(dtype),
        pair(STRIDE, 0),
        pair(DILATION, 1),
        pair(BEFORE, 0),
        new long[] {missed(0), missed(1)},
        attributes,
        false);
  }

  /** Padding behind that the last window reaches; less than there is where a stride skips some. */
  private long missed(int side) {
    long size = side == 0 ? mapHeight : mapWidth;
    return (out(side) - 1) * stride(side) + reach(side) - size - padding(side);
  }

  convolution_backward_weights.primitive_desc byWeight(
      DType dtype, memory.desc bias, convolution_forward.primitive_desc ahead) {
    return new convolution_backward_weights.primitive_desc(
        Kernels.processor(),
        dnnl.algorithm.convolution_direct,
        x(dtype),
        weight(memory.data_type.f32),
        bias,
        y(dtype),
        pair(STRIDE, 0),
        pair(DILATION, 1),
        pair(BEFORE, 0),
        pair(BEHIND, 0),
        ahead,
        new primitive_attr(),
        false);
  }
}
