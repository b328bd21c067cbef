package dev.linnet.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Fetches in a process of its own, for a test of two at once. */
final class HubProcess {
  private HubProcess() {}

  /** Writes into the third argument where the folder is; the others are endpoint and cache. */
  public static void main(String[] args) throws Exception {
    Hub hub = Hub.of(Map.of("HF_ENDPOINT", args[0], "HF_HUB_CACHE", args[1]));
    Files.writeString(Path.of(args[2]), hub.folder("hf://owner/name").toString());
  }
}
