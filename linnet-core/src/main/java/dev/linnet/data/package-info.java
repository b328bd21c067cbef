/**
 * Data sets: what {@code --data} names, its splits, and the pictures in batches.
 *
 * <p>In here: recognizing a layout by looking, the catalog of known names, drawn splits, sets held
 * in memory, bad pictures, samplers, the loader and its worker threads, checks and figures of a
 * data set. Not in here: decoding and the operators on one picture (room {@code image}), mixing of
 * whole batches (room {@code tricks}), the loop (room {@code train}).
 *
 * <p>Read first: {@link dev.linnet.data.DataSources}, {@link dev.linnet.data.PictureSet}, {@link
 * dev.linnet.data.Loader}. It uses {@code base}, {@code image} and {@code tensor}.
 */
@NullMarked
package dev.linnet.data;

import org.jspecify.annotations.NullMarked;
