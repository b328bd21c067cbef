package dev.linnet.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/**
 * The formulas of the optimizers, element by element, in double precision: what the fused updates
 * are compared with.
 */
final class PlainRules {
  private PlainRules() {}

  /** The numbers of one update of one parameter; t counts from 1. */
  record Numbers(double lr, double weightDecay, int t) {}

  /** A formula that remembers. */
  abstract static class Rule {
    private final Map<String, double[]> memory = new LinkedHashMap<>();

    /** Changes θ. */
    abstract void update(double[] theta, double[] g, Numbers n, String name);

    final double[] memory(String kind, String name, int size, double initial) {
      return memory.computeIfAbsent(
          kind + name,
          key -> {
            double[] made = new double[size];
            java.util.Arrays.fill(made, initial);
            return made;
          });
    }
  }

  /** A new formula for a configuration. */
  static Rule of(Optimizer.Config config) {
    if (config instanceof Adam.Config adam) {
      return adam(adam);
    }
    if (config instanceof NAdam.Config nadam) {
      return nadam(nadam);
    }
    if (config instanceof RmsProp.Config rmsprop) {
      return rmsprop(rmsprop);
    }
    if (config instanceof Adagrad.Config adagrad) {
      return adagrad(adagrad);
    }
    if (config instanceof Lion.Config lion) {
      return lion(lion);
    }
    if (config instanceof Lamb.Config lamb) {
      return lamb(lamb);
    }
    if (config instanceof PowerSign.Config sign) {
      return signs(sign.beta(), sign.decay(), (f, signs) -> Math.pow(sign.base(), f * signs));
    }
    if (config instanceof AddSign.Config sign) {
      return signs(sign.beta(), sign.decay(), (f, signs) -> sign.alpha() + f * signs);
    }
    throw new IllegalArgumentException("no plain rule of " + config);
  }

  private static Rule adam(Adam.Config c) {
    return new Rule() {
      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] m = memory("m", name, g.length, 0);
        double[] v = memory("v", name, g.length, 0);
        double[] max = memory("max", name, g.length, 0);
        for (int j = 0; j < g.length; j++) {
          double d = g[j] + n.weightDecay() * theta[j];
          m[j] = c.beta1() * m[j] + (1 - c.beta1()) * d;
          v[j] = c.beta2() * v[j] + (1 - c.beta2()) * d * d;
          max[j] = Math.max(max[j], v[j]);
          double second = (c.amsgrad() ? max[j] : v[j]) / (1 - Math.pow(c.beta2(), n.t()));
          double first = m[j] / (1 - Math.pow(c.beta1(), n.t()));
          theta[j] -= n.lr() * first / (Math.sqrt(second) + c.eps());
        }
      }
    };
  }

  private static Rule nadam(NAdam.Config c) {
    return new Rule() {
      private double mu(int t) {
        return c.beta1() * (1 - 0.5 * Math.pow(0.96, t * c.momentumDecay()));
      }

      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] m = memory("m", name, g.length, 0);
        double[] v = memory("v", name, g.length, 0);
        double product = 1;
        for (int t = 1; t <= n.t(); t++) {
          product *= mu(t);
        }
        boolean decoupled = c.coupling() == Coupling.DECOUPLED;
        for (int j = 0; j < g.length; j++) {
          theta[j] *= decoupled ? 1 - n.lr() * n.weightDecay() : 1;
          double d = g[j] + (decoupled ? 0 : n.weightDecay() * theta[j]);
          m[j] = c.beta1() * m[j] + (1 - c.beta1()) * d;
          v[j] = c.beta2() * v[j] + (1 - c.beta2()) * d * d;
          double root = Math.sqrt(v[j] / (1 - Math.pow(c.beta2(), n.t()))) + c.eps();
          theta[j] -= n.lr() * (1 - mu(n.t())) / (1 - product) * d / root;
          theta[j] -= n.lr() * mu(n.t() + 1) / (1 - product * mu(n.t() + 1)) * m[j] / root;
        }
      }
    };
  }

  private static Rule rmsprop(RmsProp.Config c) {
    boolean torch = c.convention() == RmsProp.Convention.TORCH;
    boolean inside = c.convention() == RmsProp.Convention.TENSORFLOW;
    return new Rule() {
      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] v = memory("v", name, g.length, torch ? 0 : 1);
        double[] mean = memory("mean", name, g.length, 0);
        double[] m = memory("m", name, g.length, 0);
        for (int j = 0; j < g.length; j++) {
          double d = g[j] + n.weightDecay() * theta[j];
          v[j] = c.alpha() * v[j] + (1 - c.alpha()) * d * d;
          mean[j] = c.alpha() * mean[j] + (1 - c.alpha()) * d;
          double square = c.centered() ? v[j] - mean[j] * mean[j] : v[j];
          double root = torch ? Math.sqrt(square) + c.eps() : Math.sqrt(square + c.eps());
          m[j] = c.momentum() * m[j] + (inside ? n.lr() : 1) * d / root;
          theta[j] -= (inside ? 1 : n.lr()) * m[j];
        }
      }
    };
  }

  private static Rule adagrad(Adagrad.Config c) {
    return new Rule() {
      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] sum = memory("sum", name, g.length, c.initial());
        for (int j = 0; j < g.length; j++) {
          double d = g[j] + n.weightDecay() * theta[j];
          sum[j] += d * d;
          theta[j] -= n.lr() / (1 + (n.t() - 1) * c.lrDecay()) * d / (Math.sqrt(sum[j]) + c.eps());
        }
      }
    };
  }

  private static Rule lion(Lion.Config c) {
    return new Rule() {
      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] m = memory("m", name, g.length, 0);
        for (int j = 0; j < g.length; j++) {
          theta[j] *= 1 - n.lr() * n.weightDecay();
          theta[j] -= n.lr() * Math.signum(c.beta1() * m[j] + (1 - c.beta1()) * g[j]);
          m[j] = c.beta2() * m[j] + (1 - c.beta2()) * g[j];
        }
      }
    };
  }

  /** Without clipping, which sees all parameters. */
  private static Rule lamb(Lamb.Config c) {
    return new Rule() {
      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] m = memory("m", name, g.length, 0);
        double[] v = memory("v", name, g.length, 0);
        double[] r = new double[g.length];
        double weights = 0;
        double steps = 0;
        for (int j = 0; j < g.length; j++) {
          m[j] = c.beta1() * m[j] + (1 - c.beta1()) * g[j];
          v[j] = c.beta2() * v[j] + (1 - c.beta2()) * g[j] * g[j];
          double first = m[j] / (1 - Math.pow(c.beta1(), n.t()));
          double second = v[j] / (1 - Math.pow(c.beta2(), n.t()));
          r[j] = first / (Math.sqrt(second) + c.eps()) + n.weightDecay() * theta[j];
          weights += theta[j] * theta[j];
          steps += r[j] * r[j];
        }
        boolean adapts = n.weightDecay() != 0 || c.alwaysAdapt();
        double ratio = adapts && weights > 0 && steps > 0 ? Math.sqrt(weights / steps) : 1;
        for (int j = 0; j < g.length; j++) {
          theta[j] -= n.lr() * (c.trustClip() ? Math.min(1, ratio) : ratio) * r[j];
        }
      }
    };
  }

  private static Rule signs(double beta, SignDecay decay, DoubleBinaryOperator factor) {
    return new Rule() {
      @Override
      void update(double[] theta, double[] g, Numbers n, String name) {
        double[] m = memory("m", name, g.length, 0);
        double f = decay.at(n.t() - 1);
        for (int j = 0; j < g.length; j++) {
          double d = g[j] + n.weightDecay() * theta[j];
          m[j] = beta * m[j] + (1 - beta) * d;
          theta[j] -= n.lr() * factor.applyAsDouble(f, Math.signum(d) * Math.signum(m[j])) * d;
        }
      }
    };
  }
}
