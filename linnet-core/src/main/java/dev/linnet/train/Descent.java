package dev.linnet.train;

import dev.linnet.nn.Parameter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the gradient of a batch is taken: at the weights as they are ({@link #PLAIN}), or at others
 * near them, such as the worst ones.
 */
public interface Descent {
  /** One forward and backward pass, at the weights as they are. */
  Descent PLAIN = (weights, pass) -> pass.run();

  /**
   * Adds the gradient of one batch to the gradients of the weights, which are at the end what they
   * were before.
   *
   * @param pass of the batch; every run of it draws the same random numbers
   * @return the loss at the weights as they are
   */
  double gradient(Weights weights, Pass pass);

  /** Forward and backward of a batch at the weights of the moment. */
  @FunctionalInterface
  interface Pass {
    /** Adds to the gradients; gives the loss, a mean over the batch. */
    double run();
  }

  /**
   * What a run changes, by name.
   *
   * @param trained what has gradients: the network's parameters and the objective's own
   * @param buffers what a forward pass changes, such as running statistics
   */
  record Weights(Map<String, Parameter> trained, Map<String, Parameter> buffers) {
    public Weights {
      trained = Collections.unmodifiableMap(new LinkedHashMap<>(trained));
      buffers = Collections.unmodifiableMap(new LinkedHashMap<>(buffers));
    }
  }
}
