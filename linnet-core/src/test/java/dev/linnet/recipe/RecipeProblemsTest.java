package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every line that a wrong recipe gets, in full. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RecipeProblemsTest {
  @TempDir private Path folder;

  @Test
  void everything_that_is_wrong_is_said_at_once() {
    assertProblems(
        """
        epochs: many
        modle: resnet18
        batch: 0
        optimizer: {name: sgd, momentum: 1.5, weight_decay: -1, nesterow: true}
        tricks:
          label_smoothing: 1
        epochs: 8
        """,
        "modle: unknown key (my.yaml:2); did you mean \"model\"?",
        "batch: got 0 (my.yaml:3); must be in [1, 1000000], or auto",
        "optimizer.nesterow: unknown key (my.yaml:4); did you mean \"nesterov\"?",
        "optimizer.weight_decay: got -1 (my.yaml:4); must be in [0, 1], or auto",
        "optimizer.momentum: got 1.5 (my.yaml:4); must be in [0, 1)",
        "label_smoothing.epsilon: got 1 (my.yaml:6); must be in [0, 1); to switch label smoothing"
            + " off, remove it from \"tricks\"",
        "epochs: given twice (my.yaml:1 and my.yaml:7); keep one");
  }

  @Test
  void unknown_keys_get_the_nearest_names_or_all() {
    assertProblems("maxpixels: 5", line("maxpixels", 1, "did you mean \"max_pixels\"?"));
    assertProblems("Epochs: 5", line("Epochs", 1, "did you mean \"epochs\"?"));
    assertProblems(
        "checkpoint: {sometimes: 3}", line("checkpoint.sometimes", 1, "known: every_seconds"));
    assertProblems(
        "optimizer: {name: adamw, momentum: 0.9}\nschedule: {lr: 0.001}",
        line(
            "optimizer.momentum",
            1,
            "known: name, betas, eps, weight_decay, decay_norm_and_bias, layer_decay, groups"));
    assertProblems("augment: {name: none, flip: 1}", line("augment.flip", 1, "known: name"));
    assertProblems(
        "ema: {decay: 0.9, wramup: true}", line("ema.wramup", 1, "did you mean \"warmup\"?"));
    assertProblems(
        "\"a\\nb\": 1", "a b: unknown key (my.yaml:1); known: " + String.join(", ", topKeys()));
  }

  @Test
  void unknown_tricks_get_the_list() {
    assertProblems(
        "tricks:\n  curriculum: {alpha: 0.2}\n  label_smothing: 0.1",
        "tricks.curriculum: unknown trick (my.yaml:2); known: " + tricks(),
        "tricks.label_smothing: unknown trick (my.yaml:3); did you mean \"label_smoothing\"? known:"
            + " "
            + tricks());
  }

  @Test
  void wrong_types_are_named() {
    assertProblems("epochs: 1.5", "epochs: got 1.5 (my.yaml:1); must be a whole number or auto");
    assertProblems(
        "epochs: \"8\"", "epochs: got the text \"8\" (my.yaml:1); must be a whole number or auto");
    assertProblems("epochs:", "epochs: got nothing (my.yaml:1); must be a whole number or auto");
    assertProblems("epochs: [8]", "epochs: got a list (my.yaml:1); must be a whole number or auto");
    assertProblems("seed: {a: 1}", "seed: got a mapping (my.yaml:1); must be a whole number");
    assertProblems("size: true", "size: got true (my.yaml:1); must be a whole number or auto");
    assertProblems(
        "schedule: {lr: high}", "schedule.lr: got \"high\" (my.yaml:1); must be a number");
    assertProblems(
        "schedule: {lr: .inf}", "schedule.lr: got \".inf\" (my.yaml:1); must be a number");
    assertProblems("schedule: {lr: 1e999}", "schedule.lr: got 1e999 (my.yaml:1); must be a number");
    assertProblems(
        "schedule: {lr_per: many}",
        "schedule.lr_per: got \"many\" (my.yaml:1); must be a whole number, auto or none");
    assertProblems(
        "optimizer: {nesterov: yes}",
        "optimizer.nesterov: got \"yes\" (my.yaml:1); must be true or false");
    assertProblems(
        "dtype: fp64", "dtype: got \"fp64\" (my.yaml:1); must be auto, fp32, bf16 or fp16");
    assertProblems(
        "orientation: turn",
        "orientation: got \"turn\" (my.yaml:1); must be auto, apply or ignore");
    assertProblems("color: grey", "color: got \"grey\" (my.yaml:1); must be auto, rgb or gray");
    assertProblems(
        "engine: {fused: never}", "engine.fused: got \"never\" (my.yaml:1); must be auto or off");
    assertProblems(
        "parallel: {batch_norm: all}",
        "parallel.batch_norm: got \"all\" (my.yaml:1); must be own or shared");
    assertProblems(
        "parallel: {gradients: fp16, bucket_mb: 0}",
        "parallel.gradients: got \"fp16\" (my.yaml:1); must be fp32 or bf16",
        "parallel.bucket_mb: got 0 (my.yaml:1); must be in [1, 1024]");
    assertProblems(
        "engine: fast",
        "engine: got \"fast\" (my.yaml:1); must be a mapping with the keys fused, yields");
    assertProblems(
        "optimizer: {name: adamw, betas: 0.9}\nschedule: {lr: 0.001}",
        "optimizer.betas: got 0.9 (my.yaml:1); must be a list such as [1, 2], each a number");
    assertProblems(
        "optimizer: {name: adamw, betas: [0.9, x]}\nschedule: {lr: 0.001}",
        "optimizer.betas[1]: got \"x\" (my.yaml:1); must be a number");
    assertProblems(
        "ema: none",
        "ema: got \"none\" (my.yaml:1); must be true, false or a mapping with the keys decay,"
            + " warmup, every");
    assertProblems(
        "tricks: [label_smoothing]",
        "tricks: got a list (my.yaml:1); must be auto or a mapping of tricks; known: " + tricks());
    assertProblems(
        "tricks: {zero_gamma: 3}", "zero_gamma: got 3 (my.yaml:1); must be true or false");
    assertProblems(
        "tricks: {label_smoothing: often}",
        "label_smoothing.epsilon: got \"often\" (my.yaml:1); must be a number");
    assertProblems(
        "tricks: {label_smoothing: [0.1]}",
        "label_smoothing.epsilon: got a list (my.yaml:1); must be a number");
    assertProblems(
        "model: \"\"",
        "model: got an empty text (my.yaml:1); must be a text of printable characters or auto");
    assertProblems(
        "data: \"a\\u0007b\"",
        "data: got the text \"a b\" (my.yaml:1); must be a text of printable characters or none");
    assertProblems(
        "3: 4\n? [a]\n: b",
        "3: unknown key (my.yaml:1); known: " + String.join(", ", topKeys()),
        "my.yaml:2: got a list as a key; must be a name");
  }

  @Test
  void choices_are_listed() {
    String optimizers =
        "sgd, adam, adamw, nadam, rmsprop, rmsprop_tf, adagrad, lamb, lion, muon, powersign";
    assertProblems(
        "optimizer: lino",
        "optimizer: got \"lino\" (my.yaml:1); must be " + optimizers + " or addsign");
    assertProblems(
        "optimizer: {name: lino}",
        "optimizer: got \"lino\" (my.yaml:1); must be " + optimizers + " or addsign");
    assertProblems(
        "optimizer: [sgd]",
        "optimizer: got a list (my.yaml:1); must be "
            + optimizers
            + ", addsign or a mapping with one of them as name");
    assertProblems("clip: agr", "clip: got \"agr\" (my.yaml:1); must be norm, value or agc");
    assertProblems("clip: true", "clip: got true (my.yaml:1); must be norm, value or agc");
    assertProblems("clip: {max: 1}", "clip: has no name (my.yaml:1); must be norm, value or agc");
    assertProblems(
        "schedule: steps",
        "schedule: got \"steps\" (my.yaml:1); must be cosine, constant, step, multi-step,"
            + " exponential, polynomial, tanh, one-cycle, flat-cosine, warm-restarts or plateau");
    assertProblems(
        "augment: randaugment",
        "augment: got \"randaugment\" (my.yaml:1); must be auto, none, flip, pad-crop-flip or"
            + " resized-crop-flip");
  }

  @Test
  void values_out_of_range_are_named_with_their_range() {
    assertProblems("size: -1", "size: got -1 (my.yaml:1); must be in [1, 8192], or auto");
    assertProblems("size: 0", "size: got 0 (my.yaml:1); must be in [1, 8192], or auto");
    assertProblems("batch: 0", "batch: got 0 (my.yaml:1); must be in [1, 1000000], or auto");
    assertProblems("epochs: 0", "epochs: got 0 (my.yaml:1); must be in [1, 1000000], or auto");
    assertProblems(
        "epochs: 99999999999",
        "epochs: got 99999999999 (my.yaml:1); must be at most 2147483647 or auto");
    assertProblems("seed: -1", "seed: got -1 (my.yaml:1); must be at least 0");
    assertProblems("boxes: keep", "boxes: got \"keep\" (my.yaml:1); must be none or crop");
    assertProblems("limit: 0", "limit: got 0 (my.yaml:1); must be at least 1, or none");
    assertProblems("val: 1", "val: got 1 (my.yaml:1); must be in (0, 1), or auto or none");
    assertProblems("val: 0", "val: got 0 (my.yaml:1); must be in (0, 1), or auto or none");
    assertProblems("accumulate: 0", "accumulate: got 0 (my.yaml:1); must be in [1, 100000]");
    assertProblems("workers: -1", "workers: got -1 (my.yaml:1); must be in [0, 1024], or auto");
    assertProblems("threads: 0", "threads: got 0 (my.yaml:1); must be in [1, 1024], or auto");
    assertProblems("max_pixels: 0", "max_pixels: got 0 (my.yaml:1); must be at least 1");
    assertProblems(
        "cache: tape", "cache: got \"tape\" (my.yaml:1); must be auto, off, ram or disk");
    assertProblems(
        "cache_size: 4G",
        "cache_size: got \"4G\" (my.yaml:1); must be a size such as 400MB or 4GB or auto");
    assertProblems(
        "budget_seconds: 0", "budget_seconds: got 0 (my.yaml:1); must be at least 1, or none");
    assertProblems(
        "max_bad: {share: 2, count: -1, shards: -1}",
        "max_bad.share: got 2 (my.yaml:1); must be in [0, 1]",
        "max_bad.count: got -1 (my.yaml:1); must be at least 0",
        "max_bad.shards: got -1 (my.yaml:1); must be at least 0");
    assertProblems(
        "checkpoint: {every_seconds: 0}",
        "checkpoint.every_seconds: got 0 (my.yaml:1); must be at least 1");
    assertProblems(
        "model_options: {drop_rate: 1, drop_path_rate: 1}",
        "model_options.drop_rate: got 1 (my.yaml:1); must be in [0, 1)",
        "model_options.drop_path_rate: got 1 (my.yaml:1); must be in [0, 1)");
    assertProblems(
        "model_options: {width: 9, output_stride: 12, activation: swish, padding: fixed}",
        "model_options.activation: got \"swish\" (my.yaml:1); must be auto, identity, relu, relu6,"
            + " silu, gelu, hardswish, hardsigmoid, sigmoid or tanh",
        "model_options.padding: got \"fixed\" (my.yaml:1); must be auto, symmetric or same",
        "model_options.width: got 9 (my.yaml:1); must be in (0, 8], or auto",
        "model_options.output_stride: got 12 (my.yaml:1); must be 8, 16, 32 or auto");
    assertProblems(
        "model: resnet20\nmodel_options: {width: 0.5}",
        "model_options.width: got 0.5 (my.yaml:2); resnet20 has no such option; it is built as"
            + " published");
    assertProblems(
        "model_options: {drop_path_rate: 0, shake_drop: true}",
        "model_options.drop_path_rate: got 0 (my.yaml:1); must be above 0 where shake_drop is on,"
            + " such as its paper's 0.5");
    assertProblems(
        "model: pyramidnet110_a48\nmodel_options:\n  drop_path_rate: 0.5\n  shake_drop: true\n"
            + "  auxiliary: true",
        "model_options.auxiliary: got true (my.yaml:5); pyramidnet110_a48 has no such option; it"
            + " has activation, shake_drop");
    assertProblems(
        "evaluation: {crop_pct: 1.1}",
        "evaluation.crop_pct: got 1.1 (my.yaml:1); must be in (0, 1], or auto");
    assertProblems("schedule: {lr: 0}", "schedule.lr: got 0 (my.yaml:1); must be in (0, 1000]");
    assertProblems(
        "schedule: {lr_per: 0}",
        "schedule.lr_per: got 0 (my.yaml:1); must be at least 1, or auto or none");
    assertProblems(
        "schedule: {warmup_epochs: -1}",
        "schedule.warmup_epochs: got -1 (my.yaml:1); must be at least 0, or auto");
    assertProblems(
        "optimizer: {name: adamw, betas: [0.9], eps: 0}\nschedule: {lr: 0.001}",
        "optimizer.betas: got [0.9] (my.yaml:1); must be two numbers in [0, 1), such as [0.9,"
            + " 0.999]",
        "optimizer.eps: got 0 (my.yaml:1); must be in (0, 1)");
    assertProblems(
        "augment: {name: pad-crop-flip, padding: -4, flip: 2}",
        "augment.padding: got -4 (my.yaml:1); must be in [0, 64]",
        "augment.flip: got 2 (my.yaml:1); must be in [0, 1]");
    assertProblems(
        "augment: {flip: 2}", "augment.flip: got 2 (my.yaml:1); must be in [0, 1], or auto");
    assertProblems(
        "augment: {name: resized-crop-flip, scale: [1, 0.08], ratio: [0, 1]}",
        "augment.scale: got [1.0, 0.08] (my.yaml:1); must be two rising numbers in (0, 1], such as"
            + " [0.08, 1]",
        "augment.ratio: got [0.0, 1.0] (my.yaml:1); must be two rising numbers in [0.1, 10], such"
            + " as [0.75, 1.3333]");
  }

  @Test
  void parts_that_can_be_off_say_how() {
    assertProblems(
        "clip: {name: norm, max: 0}",
        "clip.max: got 0 (my.yaml:1); must be above 0; to do without, write \"clip: false\"");
    assertProblems(
        "clip: {name: agc, factor: 2, eps: 0}",
        "clip.factor: got 2 (my.yaml:1); must be in (0, 1]; to do without, write \"clip: false\"",
        "clip.eps: got 0 (my.yaml:1); must be in (0, 1); to do without, write \"clip: false\"");
    assertProblems(
        "ema: {decay: 1, every: 0}",
        "ema.decay: got 1 (my.yaml:1); must be in [0, 1); to do without, write \"ema: false\"",
        "ema.every: got 0 (my.yaml:1); must be in [1, 1000000]; to do without, write \"ema:"
            + " false\"");
    assertProblems(
        "early_stopping: {patience: 0, min_delta: -1}",
        "early_stopping.patience: got 0 (my.yaml:1); must be at least 1; to do without, write"
            + " \"early_stopping: false\"",
        "early_stopping.min_delta: got -1 (my.yaml:1); must be at least 0; to do without, write"
            + " \"early_stopping: false\"");
    assertProblems(
        "tricks: {label_smoothing: {epsilon: -0.1}}",
        "label_smoothing.epsilon: got -0.1 (my.yaml:1); must be in [0, 1); to switch label"
            + " smoothing off, remove it from \"tricks\"");
  }

  @Test
  void values_that_contradict_each_other_are_refused() {
    assertProblems(
        "epochs: 3\nschedule: {warmup_epochs: 5}",
        "schedule.warmup_epochs: got 5 (my.yaml:2); must be at most epochs, which is 3");
    assertProblems(
        "schedule: {lr: 0.1, min_lr: 0.2}",
        "schedule.min_lr: got 0.2 (my.yaml:1); must be in [0, 0.1], up to lr");
    assertProblems(
        "optimizer: {momentum: 0}",
        "optimizer.nesterov: got true ("
            + plain("nesterov:")
            + "); must be false where momentum is 0");
    assertProblems(
        "epochs: auto",
        "epochs: got \"auto\" (my.yaml:1); must be a whole number where budget_seconds is none");
    assertProblems(
        "val: none\nearly_stopping: true",
        "early_stopping: got true (my.yaml:2); must be false where val is none, because it watches"
            + " the validation pictures");
    assertProblems(
        "optimizer: adamw",
        "schedule.lr: got 0.1 ("
            + plain("schedule:")
            + "), which is meant for SGD; must be given with another"
            + " optimizer (my.yaml:1), such as schedule.lr: 0.001");
    assertProblems(
        "optimizer: lamb",
        "schedule.lr: got 0.1 ("
            + plain("schedule:")
            + "), which is meant for SGD; must be given with another"
            + " optimizer (my.yaml:1), such as schedule.lr: 0.005");
  }

  @Test
  void tricks_that_cannot_act_are_refused() {
    assertProblems(
        "size: 1\ntricks: {cutmix: true}",
        "size: got 1 (my.yaml:1); must be at least 2 where cutmix is on, which cuts a box out of"
            + " each picture");
    assertProblems(
        "size: 12\ntricks: {cutout: 16}",
        "size: got 12 (my.yaml:1); must be at least 16, which is cutout.size");
    assertProblems(
        "tricks: {manifold_mixup: true, feature_cutmix: true}",
        "feature_cutmix: got true (my.yaml:1); must be false where manifold_mixup is on,"
            + " because a batch is mixed at one place");
    assertProblems(
        "tricks: {mixup: 0}",
        "mixup.alpha: got 0 (my.yaml:1); must be in (0, 10]; to switch mixup off, remove it from"
            + " \"tricks\"");
    assertProblems(
        "tricks: {cutmix: {alpha: -1, images: 5}}",
        "cutmix.alpha: got -1 (my.yaml:1); must be in (0, 10]; to switch CutMix off, remove it from"
            + " \"tricks\"",
        "cutmix.images: got 5 (my.yaml:1); must be 2, 3 or 4; to switch CutMix off, remove it from"
            + " \"tricks\"");
    assertProblems(
        "tricks: {random_erasing: {mode: noise}}",
        "random_erasing.mode: got \"noise\" (my.yaml:1); must be const, rand or pixel");
    assertProblems(
        "tricks: {manifold_mixup: {levels: [-1]}}",
        "manifold_mixup.levels: got [-1] (my.yaml:1); must be one or more whole numbers from 0 on,"
            + " such as [0, 2]; to switch manifold mixup off, remove it from \"tricks\"");
    assertProblems(
        "tricks: {feature_cutmix: {levels: [0]}}",
        "feature_cutmix.levels: got [0] (my.yaml:1); must be one or more whole numbers from 1 on,"
            + " such as [1, 2]; to switch CutMix on features off, remove it from \"tricks\"");
    assertProblems(
        "model_options: {drop_block_rate: 1}",
        "model_options.drop_block_rate: got 1 (my.yaml:1); must be in [0, 1), or auto");
    assertProblems(
        "model: lenet5\nmodel_options: {drop_block_rate: 0.1}",
        "model_options.drop_block_rate: got 0.1 (my.yaml:2); lenet5 has no such option; it is built"
            + " as published");
  }

  @Test
  void options_are_read_by_the_same_rules() {
    assertThat(
            problems(
                () ->
                    RecipeReader.create()
                        .read(
                            "plain",
                            Map.of("max_pixels", "many"),
                            List.of(
                                "optimizer.momentum=1.5",
                                "optimizer.betas=[0.9, 0.95]",
                                "tricks.label_smoothing.epsilon=2",
                                "epochs",
                                "=3",
                                "a..b=3",
                                "schedule={lr",
                                "seed.deep=3"))))
        .containsExactly(
            "--set: got \"epochs\"; must be a key and its value, such as optimizer.momentum=0.95",
            "--set: got \"=3\"; must be a key and its value, such as optimizer.momentum=0.95",
            "--set: got \"a..b=3\"; must be a key and its value, such as optimizer.momentum=0.95",
            "--set schedule: is not valid YAML: expected ',' or '}', but got <stream end>",
            "seed: got a mapping (--set seed.deep); must be a whole number",
            "optimizer.betas: unknown key (--set optimizer.betas); known: name, momentum, nesterov,"
                + " weight_decay, decay_norm_and_bias, layer_decay, groups",
            "optimizer.momentum: got 1.5 (--set optimizer.momentum); must be in [0, 1)",
            "label_smoothing.epsilon: got 2 (--set tricks.label_smoothing.epsilon); must be in [0,"
                + " 1); to switch label smoothing off, remove it from \"tricks\"",
            "max_pixels: got \"many\" (--max-pixels); must be a whole number");
    assertThat(
            problems(
                () ->
                    RecipeReader.create()
                        .read("plain", Map.of("epochs", "2"), List.of("schedule.warmup_epochs=3"))))
        .containsExactly(
            "schedule.warmup_epochs: got 3 (--set schedule.warmup_epochs); must be at most epochs,"
                + " which is 2");
  }

  @Test
  void groups_of_parameters_are_checked_by_the_network() {
    String groups =
        """
        model: resnet18
        optimizer:
          groups:
            - {match: "^layer4", lr_scale: 0.1, weight_decay: 0}
        """;
    assertProblems(
        groups + "    - {match: \"^laeyr3\"}",
        "optimizer.groups[1].match: got the text \"^laeyr3\" (my.yaml:5); is found in no"
            + " parameter's name; did you mean \"layer3\", \"layer1\" or \"layer2\"?");
    assertProblems(
        groups + "    - {match: qqqqqq}",
        "optimizer.groups[1].match: got \"qqqqqq\" (my.yaml:5); is found in no parameter's name;"
            + " they begin with \"conv1.weight\"");
    assertProblems(
        groups + "    - {match: \"(\", lr_scale: -1, weight_decay: 2}",
        "optimizer.groups[1].match: got the text \"(\" (my.yaml:5); must be a regular expression,"
            + " such as \"^layer4\": Unclosed group",
        "optimizer.groups[1].lr_scale: got -1 (my.yaml:5); must be in [0, 1000]",
        "optimizer.groups[1].weight_decay: got 2 (my.yaml:5); must be in [0, 1], or auto");
    assertProblems(
        "optimizer: {groups: [{lr_scale: 2}]}",
        "optimizer.groups[0].match: is missing (my.yaml:1); which parameters, such as"
            + " \"^layer4\"");
    assertProblems(
        "optimizer: {groups: {match: fc}, layer_decay: 0}",
        "optimizer.groups: got a mapping (my.yaml:1); must be a list such as [1, 2], each a mapping"
            + " with the keys match, lr_scale, weight_decay",
        "optimizer.layer_decay: got 0 (my.yaml:1); must be in (0, 1], or none");
  }

  @Test
  void numbers_of_optimizers_are_checked() {
    wrong("nadam, momentum_decay: 1", "momentum_decay: got 1", "in [0, 1)");
    wrong("rmsprop, alpha: 1", "alpha: got 1", "in [0, 1)");
    wrong("rmsprop_tf, momentum: -1", "momentum: got -1", "in [0, 1)");
    wrong("rmsprop_tf, eps: 1", "eps: got 1", "in (0, 1)");
    wrong("adagrad, lr_decay: -1", "lr_decay: got -1", "at least 0");
    wrong(
        "adagrad, initial_accumulator_value: -1",
        "initial_accumulator_value: got -1",
        "at least 0");
    wrong("lamb, max_grad_norm: 0", "max_grad_norm: got 0", "above 0, or none");
    wrong("muon, iteration: fp16", "iteration: got \"fp16\"", "bf16 or fp32");
    wrong("muon, rest_lr_scale: -1", "rest_lr_scale: got -1", "in [0, 1000]");
    wrong("muon, adjust_lr: rms", "adjust_lr: got \"rms\"", "original or match-rms-adamw");
    wrong("powersign, base: 1", "base: got 1", "in (1, 100]");
    wrong("powersign, periods: 0", "periods: got 0", "in (0, 1000]");
    wrong("addsign, alpha: 0", "alpha: got 0", "in (0, 100]");
    wrong("addsign, beta: 1", "beta: got 1", "in [0, 1)");
    wrong("addsign, decay: exp", "decay: got \"exp\"", "none, linear, cosine or restart");
    wrong("lion, betas: [0.9]", "betas: got [0.9]", "two numbers in [0, 1), such as [0.9, 0.999]");
  }

  private void wrong(String optimizer, String got, String must) {
    assertProblems(
        "optimizer: {name: " + optimizer + "}\nschedule: {lr: 0.001}",
        "optimizer." + got + " (my.yaml:1); must be " + must);
  }

  @Test
  void networks_that_do_not_exist_get_the_nearest() {
    assertProblems(
        "model: resent50d",
        "model: got \"resent50d\" (my.yaml:1); no network has this name; did you mean"
            + " \"resnet50d\" or \"resnet50\"?");
    assertThat(
            problems(() -> RecipeReader.create().read("plain", Map.of("model", "qqqq"), List.of())))
        .containsExactly(
            "model: got \"qqqq\" (--model); no network has this name; \"linnet models\" lists"
                + " them");
  }

  @Test
  void recipes_that_do_not_exist_get_the_nearest() throws IOException {
    assertThat(problems(() -> RecipeReader.create().read("plian")))
        .containsExactly(
            "recipe: got \"plian\"; no file and no preset has this name; did you mean \"plain\"?");
    assertThat(problems(() -> RecipeReader.create().read("no/such.yaml")))
        .containsExactly(
            "recipe: got \"no/such.yaml\"; no file and no preset has this name; presets: "
                + String.join(", ", Presets.NAMES));
    assertThat(problems(() -> RecipeReader.create().read("a\0b")))
        .containsExactly("recipe: got \"a b\"; must be a preset or a file");
    Files.createDirectory(folder.resolve("sub"));
    assertThat(problems(() -> RecipeReader.create().read(path("sub"))))
        .containsExactly("sub: is a folder; a recipe is a file, such as sub/recipe.yaml");
  }

  @Test
  void a_recipe_extends_one_other() throws IOException {
    assertProblems(
        "extends: quik",
        "extends: got \"quik\" (my.yaml:1); no file beside it and no preset has this name; did you"
            + " mean \"quick\"?");
    assertProblems(
        "extends: [plain, quick]",
        "extends: got a list (my.yaml:1); must be the name of a preset or of a file");
    write("parent.yaml", "extends: quick\nepochs: 0");
    assertProblems(
        "extends: parent.yaml",
        "extends: got \"parent.yaml\" (my.yaml:1), which itself extends \"quick\" (parent.yaml:1);"
            + " a recipe builds on one other, so copy what is needed into one of them",
        "epochs: got 0 (parent.yaml:2); must be in [1, 1000000], or auto");
    assertProblems(
        "extends: my.yaml",
        "extends: got \"my.yaml\" (my.yaml:1), which itself extends \"my.yaml\" (my.yaml:1); a"
            + " recipe builds on one other, so copy what is needed into one of them");
    assertThat(problems(() -> RecipeReader.create().read("plain", Map.of(), List.of("extends=a"))))
        .containsExactly(
            "extends: unknown key (--set extends); known: " + String.join(", ", topKeys()));
  }

  @Test
  void what_is_no_yaml_gets_one_line() {
    assertProblems(
        "epochs: 8\nbatch: 4: 5",
        "my.yaml:2: is not valid YAML: mapping values are not allowed here");
    assertProblems(
        "epochs: [8", "my.yaml:1: is not valid YAML: expected ',' or ']', but got <stream end>");
    assertProblems(
        "a: 1\n\tb: 2",
        "my.yaml:2: is not valid YAML: found character '\\t(TAB)' that cannot start any token. (Do"
            + " not use \\t(TAB) for indentation)");
    assertProblems(
        "a: 1\nb: \u0007", "my.yaml:2: is not valid YAML: the character U+0007 is not allowed");
    assertProblems("", "my.yaml: is empty; a recipe is keys with their values");
    assertProblems("# nothing", "my.yaml: is empty; a recipe is keys with their values");
    assertProblems("- epochs", "my.yaml:1: got a list; a recipe is keys with their values");
    assertProblems("epochs", "my.yaml:1: got \"epochs\"; a recipe is keys with their values");
    assertProblems(
        "epochs: 3\n---\nepochs: 4", "my.yaml:2: a second document begins; a recipe is one");
    assertProblems(
        "epochs: !!java.net.URL [x]",
        "my.yaml:1: has the tag tag:yaml.org,2002:java.net.URL; a recipe has no tags");
    assertProblems("epochs: *a", "my.yaml:1: *a is not defined above");
  }

  @Test
  void hostile_files_end_at_the_caps() throws IOException {
    StringBuilder laughs = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (int i = 1; i < 30; i++) {
      String eight = ("*a" + (i - 1) + ", ").repeat(7) + "*a" + (i - 1);
      laughs.append("a%d: &a%d [%s]%n".formatted(i, i, eight));
    }
    assertProblems(laughs.toString(), "my.yaml:5: has more than 10000 values, aliases included");
    assertProblems("a: &a [b, *a]", "my.yaml:1: *a contains itself");
    assertProblems("a: " + "[".repeat(100_000), "my.yaml:1: is nested more than 20 levels deep");
    assertProblems("{".repeat(100_000), "my.yaml:1: is nested more than 20 levels deep");
    assertProblems("- ".repeat(100_000), "my.yaml:1: is nested more than 20 levels deep");
    assertProblems("? ".repeat(100_000), "my.yaml:1: is nested more than 20 levels deep");
    assertProblems(
        "a: " + "x".repeat(300_000), "my.yaml: is larger than 256 KiB, which no recipe is");
    Files.write(folder.resolve("my.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});
    assertThat(problems(() -> RecipeReader.create().read(path("my.yaml"))))
        .containsExactly("my.yaml: is not text in UTF-8, so it is no recipe");
    assertThat(
            problems(
                () ->
                    RecipeReader.create()
                        .read("plain", Map.of(), List.of("a.".repeat(5000) + "a=1"))))
        .singleElement()
        .asString()
        .endsWith(": is nested more than 20 levels deep")
        .hasSizeLessThan(200);
  }

  @Test
  void a_file_that_cannot_be_read_gets_one_line() {
    assumeTrue(Files.exists(Path.of("/proc/self/mem")), "needs a file that fails on reading");
    assertThat(problems(() -> RecipeReader.create().read("/proc/self/mem")))
        .containsExactly("/proc/self/mem: cannot be read (Input/output error)");
  }

  @Test
  void the_message_has_one_line_a_problem() throws IOException {
    write("my.yaml", "batch: 0\nsize: -1");
    RecipeException failure =
        catchThrowableOfType(
            RecipeException.class, () -> RecipeReader.create().read(path("my.yaml")));
    assertThat(failure).hasMessage(String.join("\n", failure.problems()));
    assertThat(failure.problems()).hasSize(2);
  }

  private static String tricks() {
    return Kinds.TRICKS.stream().map(Kinds.Kind::name).collect(Collectors.joining(", "));
  }

  private static List<String> topKeys() {
    return List.copyOf(Presets.FORM.fields().keySet());
  }

  private static String line(String key, int line, String hint) {
    return key + ": unknown key (my.yaml:" + line + "); " + hint;
  }

  private void assertProblems(String yaml, String... lines) {
    write("my.yaml", yaml);
    assertThat(problems(() -> RecipeReader.create().read(path("my.yaml")))).containsExactly(lines);
  }

  private void write(String name, String yaml) {
    try {
      Files.write(folder.resolve(name), yaml.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  /** The lines, with files named as if they lay in the working folder. */
  private List<String> problems(Runnable reading) {
    RecipeException failure = catchThrowableOfType(RecipeException.class, reading::run);
    assertThat(failure).as("nothing was refused").isNotNull();
    return failure.problems().stream()
        .map(line -> line.replace(folder + "/", "").replace(folder.toString(), ""))
        .toList();
  }

  private static String plain(String key) {
    return PlainLines.of(key);
  }
}
