package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A state dict that {@code torch.save} wrote ({@code .pth}, {@code .pt}, {@code .bin}), in either
 * of its formats: a zip since PyTorch 1.6, before that pickles followed by the raw storages. The
 * pickle is read by {@link Unpickler}, which can build tensors and nothing else.
 *
 * <p>A training checkpoint is opened at the state dict that timm's {@code load_checkpoint} would
 * take: {@code state_dict_ema}, {@code model_ema}, {@code state_dict} or {@code model}, the first
 * that is there. Source of the formats: {@code torch/serialization.py} of PyTorch 2.10.
 */
final class TorchFile implements TensorFile {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");
  private static final List<String> WRAPPINGS =
      List.of("state_dict_ema", "model_ema", "state_dict", "model");
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;
  private static final long LARGEST_PICKLE = 1 << 26;

  private final RawFile file;
  private final Map<String, TorchTensor> tensors;
  private final Storages storages;

  /** The bytes of the storages. */
  private interface Storages {
    /** Reads a row-major tensor from a byte of a storage on. */
    Tensor read(String key, long begin, DType dtype, long... shape);
  }

  private TorchFile(RawFile file, Map<String, TorchTensor> tensors, Storages storages) {
    this.file = file;
    this.tensors = tensors;
    this.storages = storages;
  }

  /**
   * Opens a file and reads its pickle.
   *
   * @throws LinnetException if it is not there, cannot be read, breaks a rule of its format, or its
   *     pickle names what builds no tensor
   */
  static TorchFile open(Path path) {
    RawFile file = RawFile.open(path);
    boolean done = false;
    try {
      byte[] head = file.head(2);
      boolean zip = head.length == 2 && head[0] == 'P' && head[1] == 'K';
      TorchFile opened = zip ? openZip(file) : openLegacy(file);
      done = true;
      return opened;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public Shape shape(String name) {
    return find(name).shape();
  }

  @Override
  public DType dtype(String name) {
    return find(name).dtype();
  }

  @Override
  public Tensor tensor(String name) {
    TorchTensor t = find(name);
    long begin = t.offset() * t.dtype().bytes();
    if (t.isContiguous()) {
      return storages.read(t.storage(), begin, t.dtype(), t.shape().toArray());
    }
    Tensor span = storages.read(t.storage(), begin, t.dtype(), t.span());
    long[] strides = t.strides().stream().mapToLong(Long::longValue).toArray();
    return span.asStrided(t.shape().toArray(), strides).copy(); // strides of 0 share elements
  }

  @Override
  public void close() {
    file.close();
  }

  private TorchTensor find(String name) {
    TorchTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new LinnetException(file.path() + ": has no tensor \"" + Quote.name(name) + "\"");
    }
    return tensor;
  }

  // ------------------------------------------------------------------ zip

  private static TorchFile openZip(RawFile file) {
    Path path = file.path();
    ZipIndex zip = ZipIndex.of(file);
    String root = root(path, zip);
    if (zip.size(root + "constants.pkl").isPresent()) {
      throw new LinnetException(
          path
              + ": is a TorchScript program, not weights; in Python save its state_dict() with"
              + " torch.save");
    }
    String order = zip.size(root + "byteorder").orElse(0L) > 0 ? text(path, zip, root) : "little";
    if (!order.equals("little")) {
      throw bigEndian(path, order);
    }
    Unpickler unpickler;
    Object content;
    long size = zip.size(root + "data.pkl").orElse(0L);
    try (InputStream in = new BufferedInputStream(zip.stream(root + "data.pkl"))) {
      unpickler = new Unpickler(path, new PickleInput(path, in, Math.min(size, LARGEST_PICKLE)));
      content = unpickler.load();
    } catch (IOException e) {
      throw RawFile.unreadable(path, e);
    }
    Map<String, String> entries = new HashMap<>();
    for (TorchTensor.Storage storage : unpickler.storages().values()) {
      String entry = root + "data/" + storage.key();
      long bytes = storage.count() * storage.dtype().bytes();
      long there = zip.size(entry).orElse(-1L);
      if (there < 0 && bytes > 0) {
        throw broken(path, "its storage \"" + Quote.name(storage.key()) + "\" is missing");
      }
      if (there >= 0 && there != bytes) {
        throw lengths(path, storage, bytes, there);
      }
      entries.put(storage.key(), entry);
    }
    return new TorchFile(file, stateDict(path, content), new ZipStorages(file, zip, entries));
  }

  /** The folder in which everything lies; the entry {@code data.pkl} is in it. */
  private static String root(Path path, ZipIndex zip) {
    List<String> roots = new ArrayList<>();
    for (String name : zip.names()) {
      int slash = name.indexOf('/');
      if (slash > 0 && name.substring(slash + 1).equals("data.pkl")) {
        roots.add(name.substring(0, slash + 1));
      }
    }
    if (roots.isEmpty()) {
      throw new LinnetException(
          path
              + ": is a zip without data.pkl, so no file of torch.save; it may have to be unpacked");
    }
    if (roots.size() > 1) {
      throw broken(path, "it has more than one data.pkl");
    }
    return roots.get(0);
  }

  private static String text(Path path, ZipIndex zip, String root) {
    try (InputStream in = zip.stream(root + "byteorder")) {
      return new PickleInput(path, in, 16)
          .latin1(Math.min(16, zip.size(root + "byteorder").get()))
          .strip();
    } catch (IOException e) {
      throw RawFile.unreadable(path, e);
    }
  }

  /**
   * Storages as entries of a zip.
   *
   * @param entries names by key
   */
  private record ZipStorages(RawFile file, ZipIndex zip, Map<String, String> entries)
      implements Storages {
    @Override
    public Tensor read(String key, long begin, DType dtype, long... shape) {
      String entry = entries.getOrDefault(key, key);
      if (Shape.of(shape).count() == 0) {
        return Tensor.empty(dtype, Device.CPU, shape);
      }
      Optional<Long> position = zip.position(entry);
      if (position.isPresent()) {
        return file.tensor(dtype, position.get() + begin, shape);
      }
      Tensor t = Tensor.empty(dtype, Device.CPU, shape);
      try (InputStream in = zip.stream(entry)) {
        in.skipNBytes(begin);
        byte[] buffer = new byte[1 << 16];
        t.<IOException>fillBytes(
            bytes -> {
              while (bytes.hasRemaining()) {
                int n = in.read(buffer, 0, Math.min(buffer.length, bytes.remaining()));
                if (n < 0) {
                  throw new EOFException();
                }
                bytes.put(buffer, 0, n);
              }
            });
      } catch (IOException e) {
        throw broken(file.path(), "its entry \"" + Quote.name(entry) + "\" cannot be unpacked");
      }
      return t;
    }
  }

  // ------------------------------------------------------------------ before PyTorch 1.6

  private static TorchFile openLegacy(RawFile file) {
    Path path = file.path();
    InputStream in = new BufferedInputStream(Channels.newInputStream(file.channel()), 1 << 16);
    PickleInput input = new PickleInput(path, in, Math.min(file.size(), LARGEST_PICKLE));
    Unpickler unpickler = new Unpickler(path, input);
    if (!unpickler.load().equals(MAGIC)) {
      throw new LinnetException(
          path
              + ": is a pickle, but not one of torch.save; in Python save the network's state_dict()"
              + " with torch.save");
    }
    Object protocol = unpickler.load();
    if (!protocol.equals(PROTOCOL)) {
      throw broken(path, "its version is not " + PROTOCOL);
    }
    if (unpickler.load() instanceof Map<?, ?> system
        && Boolean.FALSE.equals(system.get("little_endian"))) {
      throw bigEndian(path, "big");
    }
    Object content = unpickler.load();
    Object keys = unpickler.load();
    if (!(keys instanceof List<?> list)) {
      throw broken(path, "it has no list of storages");
    }
    Map<String, Long> positions = positions(file, unpickler.storages(), list, input.position());
    return new TorchFile(
        file,
        stateDict(path, content),
        (key, begin, dtype, shape) ->
            file.tensor(dtype, positions.getOrDefault(key, 0L) + begin, shape));
  }

  /** The storages follow one another, each after its number of elements. */
  private static Map<String, Long> positions(
      RawFile file, Map<String, TorchTensor.Storage> storages, List<?> keys, long begin) {
    Path path = file.path();
    Map<String, Long> positions = new HashMap<>();
    long at = begin;
    for (Object key : keys) {
      TorchTensor.Storage storage = key instanceof String k ? storages.get(k) : null;
      if (storage == null || positions.containsKey(storage.key())) {
        throw broken(path, "its list of storages does not fit its tensors");
      }
      if (file.size() - at < Long.BYTES) {
        throw broken(path, "it is cut short");
      }
      ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      file.read(count, at);
      at += Long.BYTES;
      if (count.getLong(0) != storage.count()) {
        throw broken(
            path,
            "its storage \""
                + Quote.name(storage.key())
                + "\" has "
                + count.getLong(0)
                + " elements; must be "
                + storage.count());
      }
      long bytes = storage.count() * storage.dtype().bytes();
      if (bytes > file.size() - at) {
        throw broken(
            path,
            "its storage \""
                + Quote.name(storage.key())
                + "\" has "
                + bytes
                + " bytes, of which "
                + (file.size() - at)
                + " are there; it is cut short");
      }
      positions.put(storage.key(), at);
      at += bytes;
    }
    for (TorchTensor.Storage storage : storages.values()) {
      if (!positions.containsKey(storage.key()) && storage.count() > 0) {
        throw broken(path, "its storage \"" + Quote.name(storage.key()) + "\" is missing");
      }
    }
    return positions;
  }

  // ------------------------------------------------------------------ what is in the pickle

  /** The tensors of the state dict, unwrapped. */
  private static Map<String, TorchTensor> stateDict(Path path, Object content) {
    if (!(content instanceof Map<?, ?> top)) {
      throw new LinnetException(
          path + ": holds no dictionary of tensors; in Python save the network's state_dict()");
    }
    Map<?, ?> dict = top;
    for (String wrapping : WRAPPINGS) {
      if (top.get(wrapping) instanceof Map<?, ?> inner) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: takes its \"{1}\"", path, wrapping);
        dict = inner;
        break;
      }
    }
    Map<String, TorchTensor> tensors = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    dict.forEach(
        (key, value) -> {
          if (key instanceof String name && value instanceof TorchTensor tensor) {
            tensors.put(name, tensor);
          } else if (key instanceof String || key instanceof Long) {
            others.add(Quote.name(key.toString()));
          }
        });
    if (tensors.isEmpty()) {
      throw new LinnetException(
          path
              + ": its dictionary has no tensors"
              + (others.isEmpty() ? "" : " (its keys are " + Names.some(others) + ")")
              + "; must be a state dict, or have one under "
              + String.join(", ", WRAPPINGS));
    }
    if (!others.isEmpty()) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0}: leaves out what is no tensor: {1}",
          path,
          Names.some(others));
    }
    return Collections.unmodifiableMap(tensors);
  }

  private static LinnetException lengths(
      Path path, TorchTensor.Storage storage, long claimed, long there) {
    return broken(
        path,
        "its storage \""
            + Quote.name(storage.key())
            + "\" has "
            + there
            + " bytes; must be "
            + claimed);
  }

  private static LinnetException bigEndian(Path path, String order) {
    return new LinnetException(
        path
            + ": its numbers are "
            + Quote.name(order)
            + "-endian; only little-endian files are read: load and save it on a machine of that"
            + " kind");
  }

  private static LinnetException broken(Path path, String why) {
    return Unpickler.broken(path, why);
  }
}
