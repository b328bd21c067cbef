/**
 * Pictures: decoding, resizing and the operators on one picture, all on {@code uint8} pixels of the
 * Java heap.
 *
 * <p>In here: what a file is ({@link dev.linnet.image.ImageHeader}), its pixels as Pillow reads
 * them ({@link dev.linnet.image.Decoder}), Pillow's resize, the crops and flips of training and
 * evaluation, the operators of augmentation ({@link dev.linnet.image.PictureEdit}), contact sheets.
 * Not in here: which of them a training draws (room {@code tricks}), data sets and labels (room
 * {@code data}), tensors and normalization; a picture leaves as bytes.
 *
 * <p>Read first: {@link dev.linnet.image.Picture}, {@link dev.linnet.image.Decoder}, {@link
 * dev.linnet.image.PictureTransform}. It uses {@code base} only, and alone sees OpenCV.
 */
@NullMarked
package dev.linnet.image;

import org.jspecify.annotations.NullMarked;
