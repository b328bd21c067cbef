/**
 * What the library returns, shown in a notebook: pictures, heatmaps, charts, tables, pages.
 *
 * <p>The JJava kernel finds {@link dev.linnet.notebook.NotebookExtension} on the class path and
 * asks it how values look. Nothing is computed here; what is shown, the library made. Notebooks are
 * in the folder {@code notebooks}, how to run them in {@code docs/notebooks.md}.
 */
@NullMarked
package dev.linnet.notebook;

import org.jspecify.annotations.NullMarked;
