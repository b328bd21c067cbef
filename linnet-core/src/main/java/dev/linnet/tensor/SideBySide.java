package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * The pictures of a batch laid side by side, a few to a row, with columns of zeros between them
 * that are as good as padding. oneDNN's gradient by a weight takes the pixels of a row to its tiles
 * by 32 at a time: of a row of 8 three quarters are idle, of a row of 32 pictures of 8 nearly none.
 *
 * @param form of the convolution
 * @param beside pictures in a row, a divisor of the batch; 1 leaves them as they are
 * @param gap pixels of zeros that a picture of the result has to its right
 */
record SideBySide(ConvForm form, long beside, long gap) {
  /** Pixels of a row that go to the tiles at a time. */
  private static final long STEP = 32;

  /** Pixels of a result up to which rows are too short. */
  private static final long SHORT = 14;

  /** Bytes of a row in bf16 that the kernel still has at hand. */
  private static final long ROW = 64 << 10;

  /** Each picture a row. */
  static SideBySide none(ConvForm form) {
    return new SideBySide(form, 1, 0);
  }

  /** As it is fastest on tiles; by measurement (decision 0034). */
  static SideBySide onTiles(ConvForm form) {
    if (form.outWidth() > SHORT || form.isPointwise()) {
      return none(form);
    }
    long gap = 1; // what a picture's last kernels see beyond it, and the next one's first before
    while (form.stride(1) * (form.outWidth() + gap) < form.mapWidth() + form.padding(1)
        || form.stride(1) * (gap + 1) + form.padding(1) < form.reach(1)) {
      gap++;
    }
    SideBySide best = none(form);
    for (long k = 2; k <= form.batch(); k++) {
      SideBySide next = new SideBySide(form, k, gap);
      if (form.batch() % k == 0 && next.bytes() <= ROW && next.filled() > best.filled()) {
        best = next;
      }
    }
    return best.behind() < 0 ? none(form) : best;
  }

  /** Of pixels that go to the tiles, the share that is a picture's. */
  private double filled() {
    long pixels = beside * (form.outWidth() + gap);
    return (double) (beside * form.outWidth()) / ((pixels + STEP - 1) / STEP * STEP);
  }

  private long bytes() {
    return Math.max(form.in() * form.stride(1), form.out())
        * beside
        * (form.outWidth() + gap)
        * DType.BFLOAT16.bytes();
  }

  /** Padding behind a row. */
  private long behind() {
    return form.reach(1) - form.stride(1) - form.padding(1);
  }

  /** The convolution of the rows: a result in each place of them, those of the gaps too. */
  ConvForm rows() {
    if (beside == 1) {
      return form;
    }
    List<Long> walk = new ArrayList<>(form.walk());
    walk.set(walk.size() - 1, behind());
    return new ConvForm(
        form.batch() / beside,
        form.in(),
        form.out(),
        form.height(),
        form.width(),
        form.mapHeight(),
        form.stride(1) * (form.outWidth() + gap) * beside,
        walk);
  }

  /** What the convolution reads, in rows. */
  Tensor x(Tensor x) {
    return laid(x, form.stride(1) * (form.outWidth() + gap));
  }

  /** The result or its gradient in rows: zero in the gaps, so that they count for nothing. */
  Tensor y(Tensor y) {
    return laid(y, form.outWidth() + gap);
  }

  /** [N, C, H, W] as [N / k, H, k, width, C]. */
  private Tensor laid(Tensor map, long width) {
    if (beside == 1) {
      return map;
    }
    long rows = form.batch() / beside;
    long height = map.dim(2);
    long pixels = map.dim(3);
    long channels = map.dim(1);
    Tensor made = Tensor.empty(map.dtype(), Device.CPU, rows, height, beside, width, channels);
    made.handle().narrow(3, pixels, width - pixels).zero_();
    made.handle()
        .narrow(3, 0, pixels)
        .copy_(
            map.permute(0, 2, 3, 1)
                .reshape(rows, beside, height, pixels, channels)
                .permute(0, 2, 1, 3, 4)
                .handle());
    return made;
  }
}
