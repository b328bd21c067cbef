package dev.linnet.train;

import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureList;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import dev.linnet.models.Classifier;
import dev.linnet.models.Preprocessing;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Compiled;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.weights.Pretrained;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Says what is in pictures: a loaded classifier with everything that its pictures need.
 *
 * <p>The network is {@link Compiled} for one picture and for batches when they first come; {@link
 * dev.linnet.tensor.Fusion#off} runs it as it is, as one wants for a single answer. Any number of
 * threads may predict at once. Close it when no thread does.
 */
public final class Predictor implements AutoCloseable {
  /** Pictures of a batch where many are predicted. */
  private static final int BATCH = 32;

  private final Pretrained pretrained;
  private final Device device;
  private final Compiled network;
  private final TestTimeViews views;
  private final PictureLoader.Reading reading;

  /**
   * An answer for one picture.
   *
   * @param picture its name
   * @param ranked all classes, the most probable first
   * @param logits of all classes, in the order of the classes
   */
  public record Prediction(String picture, List<Ranked> ranked, List<Float> logits) {
    public Prediction {
      ranked = List.copyOf(ranked);
      logits = List.copyOf(logits);
    }

    /** The most probable class. */
    public Ranked best() {
      return ranked.get(0);
    }
  }

  /**
   * A class and how probable it is.
   *
   * @param index of the class
   * @param name of the class
   * @param probability in [0, 1]
   */
  public record Ranked(int index, String name, double probability) {}

  /**
   * @param pretrained the network, which the predictor closes
   * @param orientation whether EXIF turns the pictures
   * @param maxPixels pixels above which a picture is refused by its header
   * @param device where the network is
   * @param dtype type of convolutions and matrix products
   * @param augmentation views of a picture whose probabilities are averaged; the logits of an
   *     answer are then the logarithms of the means
   */
  public Predictor(
      Pretrained pretrained,
      Orientation orientation,
      long maxPixels,
      Device device,
      DType dtype,
      TestTimeAugmentation augmentation) {
    this.pretrained = pretrained;
    this.device = device;
    this.network = new Compiled(pretrained.model()::forward, dtype, 1, BATCH);
    this.views =
        TestTimeViews.of(augmentation, reading(pretrained.preprocessing(), orientation, maxPixels));
    this.reading = views.reading();
    pretrained.model().eval();
  }

  /** How evaluation and prediction read pictures. */
  public static PictureLoader.Reading reading(
      Preprocessing p, Orientation orientation, long maxPixels) {
    ImageSize size = new ImageSize(p.input().height(), p.input().width());
    ColorMode color = p.input().channels() == 1 ? ColorMode.GRAY : ColorMode.RGB;
    Interpolation filter = Interpolation.valueOf(p.interpolation().toUpperCase(Locale.ROOT));
    EvalTransform.CropMode mode =
        EvalTransform.CropMode.valueOf(p.cropMode().toUpperCase(Locale.ROOT));
    return new PictureLoader.Reading(
        DecodeOptions.DEFAULT
            .withColor(color)
            .withOrientation(orientation)
            .withMaxPixels(maxPixels),
        new EvalTransform(size, p.cropPct(), filter, mode, fill(p.mean())),
        size,
        new Normalization(p.mean(), p.std()));
  }

  /** The mean as a color, which is 0 once it is normalized. */
  private static List<Integer> fill(List<Double> mean) {
    return IntStream.range(0, 3)
        .mapToObj(c -> (int) Math.rint(255 * mean.get(Math.min(c, mean.size() - 1))))
        .map(level -> Math.max(0, Math.min(255, level)))
        .toList();
  }

  /** The network. */
  public Classifier model() {
    return pretrained.model();
  }

  /** Names of the classes in the order of the logits; "class 0" … where the weights say none. */
  public List<String> classes() {
    if (!pretrained.classNames().isEmpty()) {
      return pretrained.classNames();
    }
    List<String> names = new ArrayList<>();
    for (int c = 0; c < pretrained.model().classes(); c++) {
      names.add("class " + c);
    }
    return names;
  }

  /**
   * Predicts one picture.
   *
   * @throws dev.linnet.image.BadPictureException if it cannot be read; names the file
   */
  public Prediction predict(Path picture) {
    return predict(new PictureList(List.of(picture)).read(0, reading.decode()), picture.toString());
  }

  /**
   * Predicts one picture.
   *
   * @param file all bytes of a picture's file
   * @param name what messages call it
   * @throws dev.linnet.image.BadPictureException if it cannot be decoded
   */
  public Prediction predict(byte[] file, String name) {
    return predict(Decoder.decode(file, name, reading.decode()), name);
  }

  private Prediction predict(Picture decoded, String name) {
    Picture picture = reading.transform().apply(decoded, dev.linnet.base.RandomState.of(0));
    ByteBuffer pixels = ByteBuffer.allocateDirect(picture.byteCount());
    picture.copyTo(pixels);
    Scope scope = Scope.open("prediction");
    try {
      Tensor image =
          Tensor.wrap(
                  pixels.flip(),
                  DType.UINT8,
                  1,
                  picture.height(),
                  picture.width(),
                  picture.channels())
              .permute(0, 3, 1, 2);
      float[] logits = logits(reading.normalization().prepare(image, device));
      return prediction(name, logits, 0, classes());
    } finally {
      scope.close();
    }
  }

  /**
   * Predicts many pictures, in batches and read ahead on worker threads.
   *
   * @param workers threads that read
   * @param bad what becomes of broken pictures, which have no answer
   * @param answers hears each answer, in the order of the pictures
   */
  public void predictAll(
      PictureSet pictures, int workers, BadPictures bad, Consumer<Prediction> answers) {
    PictureLoader.Options options =
        new PictureLoader.Options(
            Math.min(BATCH, Math.max(1, pictures.size())),
            PictureLoader.Order.SEQUENTIAL,
            0,
            workers);
    try (PictureLoader loader = new PictureLoader(pictures, reading, options, bad);
        Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope scope = Scope.open("prediction");
        try {
          Batch batch = pass.next();
          if (batch.size() == 0) {
            continue;
          }
          List<String> names =
              IntStream.range(0, batch.size())
                  .mapToObj(row -> pictures.name(batch.index(row)))
                  .toList();
          predict(batch, names).forEach(answers);
        } finally {
          scope.close();
        }
      }
    }
  }

  /** How the pictures of {@link #predict(Batch, List)} are read. */
  public PictureLoader.Reading reading() {
    return reading;
  }

  /**
   * Predicts pictures that were read as {@link #reading} says.
   *
   * @param batch as read, not prepared
   * @param names what answers call them, one a picture
   * @return an answer for each picture, in their order
   */
  public List<Prediction> predict(Batch batch, List<String> names) {
    if (names.size() != batch.size()) {
      throw new IllegalArgumentException(
          "names: got " + names.size() + "; must be " + batch.size() + ", one a picture");
    }
    List<String> classes = classes();
    List<Prediction> answers = new ArrayList<>();
    Scope scope = Scope.open("prediction");
    try {
      float[] logits = logits(batch.prepared(device).images());
      for (int row = 0; row < batch.size(); row++) {
        answers.add(prediction(names.get(row), logits, row, classes));
      }
    } finally {
      scope.close();
    }
    return answers;
  }

  private float[] logits(Tensor images) {
    return Autograd.off(() -> views.logits(images, network::forward).toFloats());
  }

  private static Prediction prediction(String picture, float[] all, int row, List<String> names) {
    int classes = names.size();
    List<Float> logits = new ArrayList<>(classes);
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      float logit = all[row * classes + c];
      logits.add(logit);
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    List<Ranked> ranked = new ArrayList<>(classes);
    for (int c = 0; c < classes; c++) {
      ranked.add(new Ranked(c, names.get(c), Math.exp(logits.get(c) - max) / sum));
    }
    ranked.sort((a, b) -> Double.compare(b.probability(), a.probability()));
    return new Prediction(picture, ranked, logits);
  }

  /** Frees the network. Closing twice is harmless. */
  @Override
  public void close() {
    network.close();
    pretrained.close();
  }
}
