/** The command line: parses, calls core, prints. Holds no arithmetic. */
@NullMarked
package dev.linnet.cli;

import org.jspecify.annotations.NullMarked;
