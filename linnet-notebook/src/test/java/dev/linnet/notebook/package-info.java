/** Tests of what is shown in notebooks, of the notebooks, and of the scripts in examples. */
@NullMarked
package dev.linnet.notebook;

import org.jspecify.annotations.NullMarked;
