package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.nn.Attention;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.LayerNorm;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * ViT: a picture as a row of patches, each a token; twelve blocks in which all tokens look at each
 * other; the class is read from one more token.
 *
 * <p>Dosovitskiy et al., ICLR 2021, arXiv:2010.11929 (Fig. 1, Table 1); tiny and small from Touvron
 * et al., ICML 2021, arXiv:2012.12877 (Table 1), with patches of 32 from Steiner et al., TMLR 2022,
 * arXiv:2106.10270. Deviations, shared with timm: no hidden layer in the head, no dropout in the
 * blocks. Pictures of other sizes get the position embedding resized to their grid (§3.2 there),
 * bicubic as in timm's {@code dynamic_img_size}. State names and order: timm {@code
 * vision_transformer.py}.
 */
public final class VisionTransformer extends Classifier {
  private static final int SIDE = 224;
  private static final int DEPTH = 12;
  private static final int EXPANSION = 4;
  private static final int LEVELS = 3;
  private static final Initializer NORMAL = Initializer.normal(0.02);

  /**
   * A row of Table 1.
   *
   * @param patch side of a patch in pixels
   * @param width channels of a token
   * @param heads of the attention
   */
  record Config(int patch, int width, int heads) {
    Config {
      Check.that(patch >= 1 && SIDE % patch == 0, "patch", patch, "a divisor of " + SIDE);
    }

    /** Patches in a row of a picture of the published size. */
    int grid() {
      return SIDE / patch;
    }
  }

  private static final Published PUBLISHED =
      Published.timm(Preprocessing.INCEPTION.withCropPct(0.9));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("vit", VisionTransformer::new)
          .takes(ACTIVATION)
          .model("vit_tiny_patch16_224", new Config(16, 192, 3), PUBLISHED)
          .model("vit_small_patch32_224", new Config(32, 384, 6), PUBLISHED)
          .model("vit_small_patch16_224", new Config(16, 384, 6), PUBLISHED)
          .model("vit_base_patch32_224", new Config(32, 768, 12), PUBLISHED)
          .model("vit_base_patch16_224", new Config(16, 768, 12), PUBLISHED);

  private final Config config;
  private final Parameter clsToken;
  private final Parameter posEmbed;
  private final Conv2d patchEmbed;
  private final Sequential blocks;
  private final LayerNorm norm;

  private VisionTransformer(Config config, ModelOptions options) {
    super(options);
    this.config = config;
    int width = config.width();
    int patch = config.patch();
    clsToken = undecayed("cls_token", Initializer.normal(1e-6), 1, 1, width);
    posEmbed = undecayed("pos_embed", NORMAL, 1, 1 + (long) config.grid() * config.grid(), width);
    patchEmbed =
        child(
            "patch_embed.proj",
            Conv2d.of(options.inChannels(), width, patch)
                .withStride(patch)
                .withPadding(0)
                .withTorchStart());
    blocks = child("blocks", new Sequential());
    Nonlinearity activation = options.activation(Nonlinearity.GELU);
    for (int i = 0; i < DEPTH; i++) {
      double dropPathRate = DropPath.ofBlock(options.dropPathRate(), i, DEPTH).rate();
      blocks.append(new Block(config, dropPathRate, activation));
      if (i >= DEPTH - LEVELS) {
        level("blocks." + i, width, patch);
      }
    }
    norm = child("norm", LayerNorm.of(width, LayerNorm.Layout.TOKENS));
    head(
        "head",
        new Head.OfLinear(
            Linear.of(width, options.classes()).withStart(NORMAL, Initializer.ZEROS)));
  }

  @Override
  Layers layerNames() {
    return Layers.USUAL.joining("norm\\.");
  }

  /** Maps [N, inChannels, H, W] to tokens [N, 1 + H/patch · W/patch, width], the class's first. */
  @Override
  public Tensor features(Tensor x) {
    Tensor patches = patchEmbed.forward(x);
    Tensor tokens = patches.flatten(2).transpose(1, 2);
    Tensor classToken = clsToken.value().expand(x.dim(0), -1, -1);
    Tensor y = Tensor.cat(List.of(classToken, tokens), 1);
    return norm.forward(blocks.forward(y.add(positions(patches.dim(2), patches.dim(3)))));
  }

  /** The class's token. */
  @Override
  public Tensor pool(Tensor features) {
    return features.select(1, 0);
  }

  @Override
  public String globalPool() {
    return "token";
  }

  /** The norm before the last attention: behind it the answer comes from the class's token only. */
  @Override
  public Optional<String> explainedLayer() {
    return Optional.of("blocks." + (DEPTH - 1) + ".norm1");
  }

  @Override
  protected Tensor asMap(Tensor output, Tensor pictures) {
    long height = pictures.dim(2) / config.patch();
    long width = pictures.dim(3) / config.patch();
    Tensor tokens = output.narrow(1, 1, height * width);
    return tokens.transpose(1, 2).reshape(output.dim(0), output.dim(2), height, width);
  }

  @Override
  protected void checkSize(long height, long width) {
    int patch = config.patch();
    if (height < patch || width < patch || height % patch != 0 || width % patch != 0) {
      throw new LinnetException(
          architecture()
              + ": got pictures of "
              + height
              + "×"
              + width
              + " pixels; both must be multiples of its patches' "
              + patch
              + ", such as "
              + SIDE
              + "×"
              + SIDE
              + "; resize them");
    }
  }

  /** The position embedding [1, 1 + height · width, C] of a grid of patches. */
  private Tensor positions(long height, long width) {
    Tensor published = posEmbed.value();
    int grid = config.grid();
    if (height == grid && width == grid) {
      return published;
    }
    Tensor resized =
        published
            .narrow(1, 1, (long) grid * grid)
            .reshape(1, grid, grid, config.width())
            .permute(0, 3, 1, 2)
            .resizeBicubic(height, width)
            .flatten(2)
            .transpose(1, 2);
    return Tensor.cat(List.of(published.narrow(1, 0, 1), resized), 1);
  }

  /** Fig. 1, right: attention between tokens, then two layers on each, both around a shortcut. */
  private static final class Block extends Module {
    private final LayerNorm norm1;
    private final Attention attention;
    private final LayerNorm norm2;
    private final Linear fc1;
    private final Linear fc2;
    private final DropPath dropPath1;
    private final DropPath dropPath2;
    private final Nonlinearity activation;

    Block(Config config, double dropPathRate, Nonlinearity activation) {
      int width = config.width();
      norm1 = child("norm1", LayerNorm.of(width, LayerNorm.Layout.TOKENS));
      attention = child("attn", Attention.of(width, config.heads()).withStart(NORMAL));
      dropPath1 = child("drop_path1", new DropPath(dropPathRate));
      norm2 = child("norm2", LayerNorm.of(width, LayerNorm.Layout.TOKENS));
      fc1 = child("mlp.fc1", linear(width, EXPANSION * width));
      fc2 = child("mlp.fc2", linear(EXPANSION * width, width));
      dropPath2 = child("drop_path2", new DropPath(dropPathRate));
      this.activation = activation;
    }

    private static Linear.Spec linear(int in, int out) {
      return Linear.of(in, out).withStart(NORMAL, Initializer.ZEROS);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = x.add(dropPath1.forward(attention.forward(norm1.forward(x))));
      Tensor z = fc2.forward(activation.apply(fc1.forward(norm2.forward(y))));
      return y.add(dropPath2.forward(z));
    }
  }
}
