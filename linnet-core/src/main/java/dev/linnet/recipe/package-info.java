/**
 * Recipes: what a training run does, as YAML, as records, and as the sum of both.
 *
 * <p>A recipe never names a picture's content or a tensor; the loop that follows it is in {@code
 * train}, the tricks it may switch on are in {@code tricks}. Read first: {@link
 * dev.linnet.recipe.Recipe} (the keys), {@link dev.linnet.recipe.RecipeReader} (YAML, overrides and
 * all their problems at once), {@link dev.linnet.recipe.Chooser} (what {@code auto} becomes).
 *
 * <p>Where a default stands: what every run has, in {@code presets/plain.yaml}; what only some runs
 * have, in the {@code DEFAULT} of its record; what depends on the data, in {@code Chooser}. The
 * search and the command line may use this room.
 */
@NullMarked
package dev.linnet.recipe;

import org.jspecify.annotations.NullMarked;
