/**
 * Tricks: one validated record each, on the hooks of {@code train}; its components are the recipe's
 * keys, {@code DEFAULT} the paper's values, and drawing is apart from doing.
 *
 * <p>What is a layer is in {@code nn} (dropout, drop path, DropBlock, ShakeDrop), what is an
 * optimizer or a loss in {@code optim} and {@code loss}, what a name in a recipe means in {@code
 * recipe}. Cards: docs/tricks. Read first: {@link dev.linnet.train.BatchTrick} (the hook), {@link
 * dev.linnet.tricks.CutMix}, {@link dev.linnet.tricks.RandomErasing}. The recipes and the search
 * may use this room.
 */
@NullMarked
package dev.linnet.tricks;

import org.jspecify.annotations.NullMarked;
