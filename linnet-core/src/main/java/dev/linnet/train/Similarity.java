package dev.linnet.train;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.loss.similarity.PairLoss;
import dev.linnet.loss.similarity.ProxyLoss;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Pictures of a class near each other: the loss of the embeddings of a network whose output is one.
 *
 * <p>What it gives for logits names the class of the nearest other picture of the batch, so that
 * the training accuracy is recall@1 within batches. Losses are computed in fp32.
 */
public final class Similarity implements Objective {
  private final BiFunction<Tensor, Tensor, Tensor> loss;
  private final @Nullable Proxies proxies;

  private Similarity(BiFunction<Tensor, Tensor, Tensor> loss, @Nullable Proxies proxies) {
    this.loss = loss;
    this.proxies = proxies;
  }

  /** Of the pairs of a batch. */
  public static Similarity of(PairLoss loss) {
    return new Similarity(loss::forward, null);
  }

  /**
   * Of pictures and one proxy a class, which is trained too.
   *
   * @param classes of the training pictures
   * @param width of the embedding
   * @param random where the first proxies come from
   */
  public static Similarity of(
      ProxyLoss loss, int classes, int width, Device device, RandomState random) {
    Proxies proxies = new Proxies(classes, width);
    proxies.materialize(device, random);
    return new Similarity(
        (embeddings, labels) -> loss.forward(embeddings, labels, proxies.rows.value()), proxies);
  }

  /** A row a class; normal with variance 2 / classes, as the authors of Proxy-Anchor start. */
  private static final class Proxies extends Module {
    private final Parameter rows;

    Proxies(int classes, int width) {
      rows = parameter("proxies", Initializer.KAIMING_NORMAL_FAN_OUT, classes, width);
    }

    @Override
    protected Tensor compute(Tensor x) {
      throw new IllegalStateException("proxies have no forward pass");
    }
  }

  @Override
  public Outcome of(Classifier model, Batch batch) {
    Tensor embeddings = model.forward(batch.images());
    Tensor labels = batch.targets();
    return Autocast.without(
        labels.device(),
        () ->
            new Outcome(
                loss.apply(embeddings, labels),
                Autograd.off(() -> nearest(embeddings.detach(), labels, batch.classes()))));
  }

  /** A one at the class of each picture's nearest other, [N, classes]. */
  private static Tensor nearest(Tensor embeddings, Tensor labels, int classes) {
    int n = Math.toIntExact(labels.dim(0));
    Tensor cosines = embeddings.matmul(embeddings.transpose(0, 1));
    Tensor self = Tensor.arange(n).to(labels.device()).oneHot(n).mul(4); // a cosine is at most 1
    return labels.rows(cosines.sub(self).argmax(1)).oneHot(classes);
  }

  @Override
  public Map<String, Parameter> parameters() {
    return proxies == null ? Map.of() : proxies.parameters();
  }

  @Override
  public void close() {
    if (proxies != null) {
      proxies.close();
    }
  }
}
