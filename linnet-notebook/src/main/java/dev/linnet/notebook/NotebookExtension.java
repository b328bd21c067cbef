package dev.linnet.notebook;

import dev.linnet.data.PictureSet;
import dev.linnet.explain.Heatmap;
import dev.linnet.image.ColorMap;
import dev.linnet.image.Picture;
import dev.linnet.recipe.SchedulePlot;
import dev.linnet.recipe.TrainingRun;
import dev.linnet.report.Chart;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.train.Predictor;
import dev.linnet.train.TrainingResult;
import java.util.function.Function;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;

/**
 * Teaches the JJava kernel to show what the library returns. The kernel finds it by itself once the
 * jar is on the class path of the notebook.
 *
 * <table>
 *   <caption>What is shown</caption>
 *   <tr><td>{@link Picture}, {@link Heatmap}</td><td>itself; a small one enlarged</td></tr>
 *   <tr><td>{@link PictureSet}</td><td>some of its pictures with their classes</td></tr>
 *   <tr><td>{@link Chart}, {@link SchedulePlot}</td><td>its curves</td></tr>
 *   <tr><td>{@link Section}</td><td>as on a page, such as a table or a gallery</td></tr>
 *   <tr><td>{@link RunReport}</td><td>the page, in a frame</td></tr>
 *   <tr><td>{@link Predictor.Prediction}</td><td>the most probable classes</td></tr>
 *   <tr><td>{@link TrainingRun.Outcome}, {@link TrainingResult}</td><td>figures and curves</td></tr>
 * </table>
 */
public final class NotebookExtension implements Extension {
  static final MIMEType PNG = MIMEType.parse("image/png");
  static final MIMEType SVG = MIMEType.parse("image/svg+xml");
  static final MIMEType HTML = MIMEType.parse("text/html");

  /** For the kernel, which makes it by its name. */
  public NotebookExtension() {}

  @Override
  public void install(BaseKernel kernel) {
    register(kernel.getRenderer());
  }

  static void register(Renderer renderer) {
    register(renderer, Picture.class, PNG, Pictures::png);
    register(renderer, Heatmap.class, PNG, h -> Pictures.png(h.shown().picture(ColorMap.VIRIDIS)));
    register(renderer, PictureSet.class, PNG, set -> Pictures.png(Pictures.sheet(set)));
    register(renderer, Chart.class, SVG, Chart::svg);
    register(renderer, SchedulePlot.class, SVG, plot -> plot.chart().svg());
    register(renderer, Section.class, HTML, Markup::of);
    register(renderer, RunReport.class, HTML, Markup::of);
    register(renderer, Predictor.Prediction.class, HTML, p -> Markup.of(Results.answers(p)));
    register(renderer, TrainingResult.class, HTML, r -> Markup.of(Results.of(r)));
    register(renderer, TrainingRun.Outcome.class, HTML, o -> Markup.of(Results.of(o)));
  }

  private static <T> void register(
      Renderer renderer, Class<T> shown, MIMEType type, Function<T, String> view) {
    renderer
        .createRegistration(shown)
        .preferring(type)
        .register((value, context) -> context.renderIfRequested(type, () -> view.apply(value)));
  }
}
