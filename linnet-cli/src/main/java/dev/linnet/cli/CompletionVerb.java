package dev.linnet.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code completion}: what a shell needs to complete verbs and options. */
@Command(
    name = "completion",
    header = "prints the completion script of a shell",
    description = "The script completes verbs, options and names in bash and zsh.",
    footer = {
      "  source <(linnet completion bash)     for this shell",
      "  linnet completion bash > ~/.local/share/bash-completion/completions/linnet",
      "  linnet completion zsh >> ~/.zshrc    for every zsh to come",
    })
final class CompletionVerb implements Callable<Integer> {
  /** The shells that there are scripts for. */
  enum Kind {
    BASH,
    ZSH
  }

  @Parameters(paramLabel = "SHELL", description = "bash or zsh")
  private @Nullable Kind shell;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final Output output;

  CompletionVerb(Session session) {
    this.output = session.output();
  }

  @Override
  public Integer call() {
    // zsh reads bash's scripts by an emulation that it has to be asked for.
    if (shell == Kind.ZSH) {
      output.answer("autoload -Uz compinit bashcompinit && compinit && bashcompinit");
    }
    output.answer(AutoComplete.bash("linnet", spec.root().commandLine()).stripTrailing());
    return Failures.DONE;
  }
}
