package dev.linnet.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.data.Part;
import dev.linnet.loss.CrossEntropy;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Parameter;
import dev.linnet.optim.GradientRule;
import dev.linnet.optim.ParameterGroup;
import dev.linnet.optim.Sgd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Team;
import dev.linnet.tricks.Sam;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SeveralProcessesTest {
  private static final int BATCH = 9; // which two share out as four and five
  private static final int SIZE = 16;
  private static final int CLASSES = 5;

  @TempDir private Path folder;

  /** Two norms and no rectifier, which would make a jump of what rounding does near 0. */
  private static final class SmoothNet extends Classifier {
    private final Conv2d conv1 = child("conv1", Conv2d.of(3, 8, 3));
    private final NormAct bn1 = child("bn1", NormAct.of(8, Nonlinearity.SILU));
    private final Conv2d conv2 = child("conv2", Conv2d.of(8, 8, 3));
    private final NormAct bn2 = child("bn2", NormAct.of(8, Nonlinearity.IDENTITY));

    SmoothNet() {
      super(ModelOptions.DEFAULT.withClasses(CLASSES));
      head("fc", 8);
      materialize(Device.CPU, RandomState.of(1));
    }

    @Override
    public Tensor features(Tensor x) {
      Tensor y = bn1.forward(conv1.forward(x));
      return bn2.forward(conv2.forward(y), y);
    }
  }

  /** Batches of noise; a part of each. */
  private record Noise(int batches, Part part) implements Loader {
    @Override
    public int images() {
      return batches * part.size(BATCH);
    }

    @Override
    public int classes() {
      return CLASSES;
    }

    @Override
    public Pass pass(int epoch, int firstBatch) {
      return new Pass() {
        private int next = firstBatch;

        @Override
        public boolean hasNext() {
          return next < batches;
        }

        @Override
        public Batch next() {
          RandomState random = RandomState.of(7).at(epoch, next++);
          Tensor all = Tensor.normal(0, 1, random, DType.FLOAT32, BATCH, 3, SIZE, SIZE);
          long[] labels = new long[BATCH];
          for (int i = 0; i < BATCH; i++) {
            labels[i] = random.at(i).nextInt(CLASSES);
          }
          int from = part.begin(BATCH);
          int size = part.size(BATCH);
          return Batch.of(
              all.narrow(0, from, size).copy().channelsLast(),
              Tensor.of(labels, BATCH).narrow(0, from, size).copy(),
              CLASSES,
              new Normalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)));
        }

        @Override
        public double waitedSeconds() {
          return 0;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {}
  }

  /** What a training was: the gradients and the loss of each update, and the weights after it. */
  private record Course(List<float[]> gradients, List<Double> losses, List<float[]> state) {
    float[] weights() {
      return state.get(0);
    }
  }

  private record Setting(String model, int updates, int accumulate, Descent descent) {}

  private Course course(ProcessGroup group, Setting setting, Trainer.Spread spread) {
    List<float[]> gradients = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    GradientRule record =
        groups -> {
          gradients.add(
              flat(
                  groups.stream()
                      .flatMap(g -> g.parameters().values().stream())
                      .map(p -> p.value().grad())
                      .toList()));
          return OptionalDouble.empty();
        };
    try (Classifier model =
        setting.model().isEmpty()
            ? new SmoothNet()
            : Zoo.create(
                setting.model(),
                ModelOptions.DEFAULT.withClasses(CLASSES),
                Device.CPU,
                RandomState.of(1))) {
      ParameterGroup all = new ParameterGroup(model.parameters(), 1e-4, 1);
      try (Sgd optimizer = new Sgd(List.of(all), Sgd.Config.DEFAULT)) {
        Loader loader =
            new Noise(
                setting.updates() * setting.accumulate(), new Part(group.rank(), group.size()));
        Trainer trainer =
            new Trainer(
                new Trainer.Parts(
                    model,
                    new Supervised(new CrossEntropy(0.0)),
                    optimizer,
                    update -> 0.01,
                    Optional.empty(),
                    loader,
                    Optional.empty(),
                    new Trainer.Store() {
                      @Override
                      public void saveWeights(Classifier best) {}

                      @Override
                      public Path checkpoint() {
                        return folder.resolve(group.size() + ".safetensors");
                      }
                    }),
                new TrainOptions(
                    1,
                    setting.accumulate(),
                    Device.CPU,
                    DType.FLOAT32,
                    0,
                    List.of(record),
                    Optional.empty(),
                    Duration.ofHours(1),
                    List.of(),
                    setting.descent(),
                    Optional.empty(),
                    Unfreezing.NONE_FROZEN,
                    Map.of()),
                group,
                spread);
        trainer.listen(
            new TrainingListener() {
              @Override
              public void stepped(Step step) {
                losses.add(step.loss());
                assertThat(step.images()).isEqualTo(BATCH * setting.accumulate());
              }
            });
        trainer.train();
      }
      return new Course(
          gradients,
          losses,
          List.of(
              flat(
                  model.state().values().stream()
                      .filter(p -> p.dtype().isFloating())
                      .map(Parameter::value)
                      .toList())));
    }
  }

  private static float[] flat(List<Tensor> tensors) {
    Scope scope = Scope.open("flat");
    try {
      return Tensor.cat(
              tensors.stream().map(t -> t.detach().contiguous().reshape(t.count())).toList(), 0)
          .toFloats();
    } finally {
      scope.close();
    }
  }

  /** ‖a − b‖/‖b‖. */
  private static double apart(float[] a, float[] b) {
    double apart = 0;
    double length = 0;
    for (int i = 0; i < b.length; i++) {
      apart += Math.pow(a[i] - b[i], 2);
      length += Math.pow(b[i], 2);
    }
    return Math.sqrt(apart / length);
  }

  private List<Course> courses(Setting setting, Trainer.Spread spread) {
    int threads = Engine.threads();
    Engine.setThreads(1);
    try {
      List<Course> all = new ArrayList<>();
      Scope.run("one process", () -> all.add(course(ProcessGroup.single(), setting, spread)));
      all.addAll(Team.of(2, group -> course(group, setting, spread)));
      return all;
    } finally {
      Engine.setThreads(threads);
    }
  }

  private static Trainer.Spread spread(Trainer.Norms norms) {
    return new Trainer.Spread(DType.FLOAT32, 1000, norms);
  }

  @Test
  void with_shared_norms_two_processes_make_the_gradients_of_one() {
    List<Course> courses =
        courses(new Setting("", 20, 1, Descent.PLAIN), spread(Trainer.Norms.SHARED));
    assertThat(courses.get(0).gradients()).hasSize(20);
    for (Course course : courses.subList(1, 3)) {
      IntStream.range(0, 20)
          .forEach(
              update -> {
                assertThat(
                        apart(
                            course.gradients().get(update), courses.get(0).gradients().get(update)))
                    .as("update %d", update)
                    .isLessThan(1e-5);
                assertThat(course.losses().get(update))
                    .isCloseTo(courses.get(0).losses().get(update), within(1e-5));
              });
      assertThat(apart(course.weights(), courses.get(0).weights())).isLessThan(1e-5);
    }
    assertThat(courses.get(1).weights())
        .as("the same bits in all processes")
        .isEqualTo(courses.get(2).weights());
  }

  @Test
  void accumulated_gradients_are_sent_once() {
    List<Course> courses =
        courses(new Setting("", 2, 3, Descent.PLAIN), spread(Trainer.Norms.SHARED));
    for (Course course : courses.subList(1, 3)) {
      assertThat(apart(course.gradients().get(1), courses.get(0).gradients().get(1)))
          .isLessThan(1e-5);
    }
  }

  @Test
  void weights_and_statistics_stay_the_same_whatever_a_process_does_on_its_own() {
    for (Setting setting :
        List.of(
            new Setting("resnet20", 3, 1, Descent.PLAIN),
            new Setting("resnet20", 3, 1, Sam.DEFAULT))) {
      List<Course> courses = courses(setting, spread(Trainer.Norms.OWN));
      assertThat(courses.get(1).weights()).isEqualTo(courses.get(2).weights());
      assertThat(courses.get(1).losses()).isEqualTo(courses.get(2).losses());
    }
  }

  @Test
  void gradients_travel_with_half_the_bytes() {
    List<Course> courses =
        courses(
            new Setting("resnet20", 1, 1, Descent.PLAIN),
            new Trainer.Spread(DType.BFLOAT16, 1 << 20, Trainer.Norms.SHARED));
    assertThat(apart(courses.get(1).gradients().get(0), courses.get(0).gradients().get(0)))
        .isBetween(1e-5, 1e-2);
  }
}
