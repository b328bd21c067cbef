/** Tests of the transformers on a Spark of one process, and of the example on one of several. */
@NullMarked
package dev.linnet.spark;

import org.jspecify.annotations.NullMarked;
