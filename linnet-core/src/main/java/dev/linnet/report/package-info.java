/**
 * What a run leaves for people and other programs: rows of metrics, event files, a page.
 *
 * <p>Nothing here knows tensors, pictures or training: numbers, texts and PNG bytes come in, files
 * come out. Read first: {@link dev.linnet.report.RunReport}, {@link dev.linnet.report.MetricsCsv},
 * {@link dev.linnet.report.EventFileWriter}. Metrics themselves are computed in {@code metric};
 * when to write what is decided in {@code train} and {@code explain}, which use this room. It uses
 * {@code base} only.
 */
@NullMarked
package dev.linnet.report;

import org.jspecify.annotations.NullMarked;
