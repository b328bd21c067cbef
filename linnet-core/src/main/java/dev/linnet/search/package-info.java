/**
 * Many trainings that answer one question: what is a trick worth.
 *
 * <p>A study is a YAML file with rows, each of them keys of a recipe; every row is trained with
 * several seeds, in a folder that can be gone on with, and the folder ends with tables and a page.
 * What one training does is in {@code recipe} and {@code train}; how a page is drawn is in {@code
 * report}. Read first: {@link dev.linnet.search.Study} (the file), {@link
 * dev.linnet.search.Ablation} (what runs it), {@link dev.linnet.search.StudyResults} (what came of
 * it, with the statistics). The command line may use this room.
 */
@NullMarked
package dev.linnet.search;

import org.jspecify.annotations.NullMarked;
