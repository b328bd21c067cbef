@NullMarked
package dev.linnet.recipe;

import org.jspecify.annotations.NullMarked;
