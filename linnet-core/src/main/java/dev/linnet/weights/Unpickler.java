package dev.linnet.weights;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.LinnetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads pickles that describe tensors, and nothing else. A pickle is a program for a stack machine;
 * Python's runs whatever it names. This one knows the opcodes of protocols 2 to 5 that {@code
 * torch.save} writes and the globals of {@link Allowed}; any other is refused by its name. Nothing
 * is looked up, constructed or called by a name from the file, so there is nothing to switch off.
 *
 * <p>What it makes: Boolean, Long, BigInteger, Double, String, {@link List}, {@link Tuple}, {@link
 * Map}, {@link Nothing}, {@link TorchTensor}, and {@link Inert} for the rest. Dictionaries keep the
 * keys that are texts or plain values; a container as a key stands for itself alone, since hashing
 * one could take forever. Opcodes, stack and marks are counted, so that no file costs much more
 * memory than its size. No method calls itself: nesting costs no stack.
 */
final class Unpickler {
  static final int PROTO = 0x80;

  /** Ten times what the training checkpoint of the largest network of the zoo needs. */
  private static final int MOST_STEPS = 2_000_000;

  private static final int MOST_ON_STACK = 1_000_000;
  private static final int MOST_MARKS = 1000;
  private static final int NEWEST_PROTOCOL = 5;

  /** Python's None. */
  enum Nothing {
    NONE
  }

  /** Python's tuple. */
  record Tuple(List<Object> items) {
    static Tuple of(Object... items) {
      return new Tuple(List.of(items));
    }
  }

  /**
   * A thing without content: what stands in checkpoints and is not needed to read tensors.
   *
   * @param what its type
   */
  record Inert(String what) {}

  private final Path path;
  private final PickleInput in;
  private final Map<String, TorchTensor.Storage> storages = new LinkedHashMap<>();
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private int steps;

  Unpickler(Path path, PickleInput in) {
    this.path = path;
    this.in = in;
  }

  /** The storages that the pickles name, by their keys. */
  Map<String, TorchTensor.Storage> storages() {
    return storages;
  }

  /**
   * Reads one pickle up to its end.
   *
   * @throws LinnetException if it is broken, too large, or names what builds no tensor
   */
  Object load() {
    stack.clear();
    marks.clear();
    memo.clear();
    while (true) {
      int op = in.u8();
      spend(1);
      if (op == '.') {
        return pop();
      }
      if (!isValue(op) && !isContainer(op) && !isMemo(op) && !isCall(op)) {
        throw broken(
            "its pickle has the opcode 0x%02x, which torch.save does not write".formatted(op));
      }
      if (stack.size() > MOST_ON_STACK || marks.size() > MOST_MARKS) {
        throw broken("its pickle nests too deeply");
      }
    }
  }

  private void spend(int count) {
    steps += count;
    if (steps > MOST_STEPS) {
      throw broken("its pickle takes more than " + MOST_STEPS + " steps");
    }
  }

  // ------------------------------------------------------------------ opcodes

  /** PROTO, FRAME and what pushes a value of its own. */
  private boolean isValue(int op) {
    switch (op) {
      case PROTO -> checkProtocol(in.u8());
      case 0x95 -> in.u64(); // FRAME: only says how far to read ahead
      case 'N' -> push(Nothing.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> push((long) in.i32());
      case 'K' -> push((long) in.u8());
      case 'M' -> push((long) in.u16());
      case 0x8a -> push(in.integer(in.u8()));
      case 0x8b -> push(in.integer(in.u32()));
      case 'G' -> push(in.f64());
      case 0x8c -> push(in.utf8(in.u8()));
      case 'X' -> push(in.utf8(in.u32()));
      case 0x8d -> push(in.utf8(in.u64()));
      case 'U' -> push(in.latin1(in.u8()));
      case 'T' -> push(in.latin1(in.u32()));
      case 'C' -> bytes(in.u8());
      case 'B' -> bytes(in.u32());
      case 0x8e, 0x96 -> bytes(in.u64());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** MARK, POP and what makes or fills a container. */
  private boolean isContainer(int op) {
    switch (op) {
      case '(' -> marks.add(stack.size());
      case '0' -> popOrMark();
      case '1' -> popMark();
      case ')' -> push(Tuple.of());
      case 't' -> push(new Tuple(popMark()));
      case 0x85 -> push(Tuple.of(pop()));
      case 0x86 -> {
        Object second = pop();
        push(Tuple.of(pop(), second));
      }
      case 0x87 -> {
        Object third = pop();
        Object second = pop();
        push(Tuple.of(pop(), second, third));
      }
      case ']' -> push(new ArrayList<>(0));
      case '}' -> push(new LinkedHashMap<>());
      case 0x8f -> push(new Inert("set"));
      case 'a' -> {
        Object item = pop();
        append(List.of(item));
      }
      case 'e' -> append(popMark());
      case 's' -> {
        Object value = pop();
        setItems(List.of(pop(), value));
      }
      case 'u' -> setItems(popMark());
      case 0x90 -> {
        popMark();
        mustBeInert(top());
      }
      case 0x91 -> {
        popMark();
        push(new Inert("frozenset"));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean isMemo(int op) {
    switch (op) {
      case 'h' -> push(recall(in.u8()));
      case 'j' -> push(recall(in.u32()));
      case 'q' -> memo.put((long) in.u8(), top());
      case 'r' -> memo.put(in.u32(), top());
      case 0x94 -> memo.put((long) memo.size(), top());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** What would run code in Python. */
  private boolean isCall(int op) {
    switch (op) {
      case 'c' -> {
        String module = in.line();
        push(global(module, in.line()));
      }
      case 0x93 -> {
        Object name = pop();
        Object module = pop();
        push(global(text(module), text(name)));
      }
      case 'R' -> {
        Object arguments = pop();
        push(call(pop(), tuple(arguments)));
      }
      case 0x81 -> {
        Object arguments = pop();
        push(create(pop(), tuple(arguments)));
      }
      case 'b' -> {
        pop();
        mustBeInert(top()); // a dictionary's attributes and a record's fields are let go
      }
      case 'Q' -> push(storage(tuple(pop())));
      default -> {
        return false;
      }
    }
    return true;
  }

  // ------------------------------------------------------------------ globals

  private Allowed global(String module, String name) {
    String full = module + "." + name;
    return Allowed.find(full).orElseThrow(() -> refused("names \"" + Quote.name(full) + "\""));
  }

  private Object call(Object function, Tuple arguments) {
    if (!(function instanceof Allowed global)) {
      throw refused("calls what is no function");
    }
    List<Object> items = arguments.items();
    return switch (global.kind()) {
      case DICT -> dictionary(items);
      case SIZE -> items.isEmpty() ? Tuple.of() : tuple(items.get(0));
      case TENSOR -> tensor(items);
      case SAME_TENSOR -> sameTensor(items);
      case TENSOR_OF_TYPE -> tensorOfType(items);
      case STORAGE_TYPE, TYPE -> throw refused("calls \"" + global.name() + "\"");
      case INERT -> new Inert(global.name());
    };
  }

  private Object create(Object type, Tuple arguments) {
    if (type instanceof Allowed global) {
      if (global.kind() == Allowed.Kind.INERT) {
        return new Inert(global.name());
      }
      if (global.kind() == Allowed.Kind.DICT && arguments.items().isEmpty()) {
        return new LinkedHashMap<>();
      }
      throw refused("creates \"" + global.name() + "\"");
    }
    throw refused("creates what is no type");
  }

  /** Python 2 wrote an OrderedDict with its items as argument. */
  private Map<Object, Object> dictionary(List<Object> arguments) {
    Map<Object, Object> result = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      List<Object> pairs = list(arguments.get(0));
      spend(pairs.size()); // one list could be read again and again
      for (Object pair : pairs) {
        List<Object> two = pair instanceof Tuple t ? t.items() : list(pair);
        if (two.size() != 2) {
          throw broken("its pickle fills a dictionary with what are no pairs");
        }
        result.put(key(two.get(0)), two.get(1));
      }
    }
    return result;
  }

  private TorchTensor sameTensor(List<Object> arguments) {
    if (!arguments.isEmpty() && arguments.get(0) instanceof TorchTensor tensor) {
      return tensor;
    }
    throw broken("its pickle makes a parameter of what is no tensor");
  }

  /** The arguments are a builder, the type, the builder's arguments, and attributes to let go. */
  private TorchTensor tensorOfType(List<Object> arguments) {
    if (arguments.size() >= 3
        && arguments.get(0) instanceof Allowed builder
        && arguments.get(1) instanceof Allowed type
        && type.kind() == Allowed.Kind.TYPE) {
      List<Object> inner = tuple(arguments.get(2)).items();
      if (builder.kind() == Allowed.Kind.TENSOR) {
        return tensor(inner);
      }
      if (builder.kind() == Allowed.Kind.SAME_TENSOR) {
        return sameTensor(inner);
      }
    }
    throw refused("builds a tensor by what is no builder of tensors");
  }

  /** The arguments are a storage, the offset, sizes, strides, and more that is not needed. */
  private TorchTensor tensor(List<Object> arguments) {
    if (arguments.size() < 4 || !(arguments.get(0) instanceof TorchTensor.Storage storage)) {
      throw broken("its pickle makes a tensor without a storage");
    }
    if (arguments.size() > 6 && arguments.get(6) instanceof Map<?, ?> bits && !bits.isEmpty()) {
      throw broken("its pickle makes a tensor with negative or conjugate bits");
    }
    try {
      return TorchTensor.of(
          storage, number(arguments.get(1)), numbers(arguments.get(2)), numbers(arguments.get(3)));
    } catch (IllegalArgumentException e) {
      throw broken(requireNonNull(e.getMessage()));
    }
  }

  /** The id is {@code ("storage", type, key, location, count)}, in old files with a view of it. */
  private TorchTensor.Storage storage(Tuple id) {
    List<Object> items = id.items();
    if (items.size() < 5
        || !"storage".equals(items.get(0))
        || !(items.get(1) instanceof Allowed type)
        || type.dtype() == null) {
      throw broken("its pickle refers to what is no storage");
    }
    long count = number(items.get(4));
    TorchTensor.Storage root = new TorchTensor.Storage(text(items.get(2)), type.dtype(), 0, count);
    try {
      Math.multiplyExact(count, type.dtype().bytes());
    } catch (ArithmeticException e) {
      count = -1;
    }
    if (count < 0) {
      throw broken(
          "its storage \"" + Quote.name(root.key()) + "\" claims " + items.get(4) + " elements");
    }
    TorchTensor.Storage known = storages.putIfAbsent(root.key(), root);
    if (known != null && !known.equals(root)) {
      throw broken("its storage \"" + Quote.name(root.key()) + "\" is of two types or lengths");
    }
    if (items.size() > 5 && items.get(5) != Nothing.NONE) {
      return view(root, tuple(items.get(5)).items());
    }
    return root;
  }

  private TorchTensor.Storage view(TorchTensor.Storage root, List<Object> view) {
    long begin = view.size() == 3 ? number(view.get(1)) : -1;
    long length = view.size() == 3 ? number(view.get(2)) : -1;
    if (begin < 0 || length < 0 || begin > root.count() || length > root.count() - begin) {
      throw broken(
          "its storage \""
              + Quote.name(root.key())
              + "\" of "
              + root.count()
              + " elements has a view of "
              + length
              + " from "
              + begin);
    }
    return new TorchTensor.Storage(root.key(), root.dtype(), begin, length);
  }

  // ------------------------------------------------------------------ stack

  private void push(Object value) {
    stack.add(value);
  }

  private void bytes(long length) {
    in.skip(length);
    push(new Inert("bytes"));
  }

  private Object pop() {
    if (stack.size() <= base()) {
      throw broken("its pickle takes from an empty stack");
    }
    return stack.remove(stack.size() - 1);
  }

  private Object top() {
    if (stack.size() <= base()) {
      throw broken("its pickle takes from an empty stack");
    }
    return stack.get(stack.size() - 1);
  }

  /** What lies below the last mark cannot be touched. */
  private int base() {
    return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
  }

  private void popOrMark() {
    if (stack.size() == base() && !marks.isEmpty()) {
      marks.remove(marks.size() - 1);
      return;
    }
    pop();
  }

  private List<Object> popMark() {
    if (marks.isEmpty()) {
      throw broken("its pickle looks for a mark that is not there");
    }
    List<Object> above = stack.subList(base(), stack.size());
    List<Object> items = new ArrayList<>(above);
    above.clear();
    marks.remove(marks.size() - 1);
    return items;
  }

  private Object recall(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw broken("its pickle recalls " + index + ", which it did not store");
    }
    return value;
  }

  private void append(List<Object> items) {
    list(top()).addAll(items);
  }

  @SuppressWarnings("unchecked") // push() is given no other maps
  private void setItems(List<Object> items) {
    if (!(top() instanceof Map<?, ?> map) || items.size() % 2 != 0) {
      throw broken("its pickle sets items of what is no dictionary");
    }
    Map<Object, Object> target = (Map<Object, Object>) map;
    for (int i = 0; i < items.size(); i += 2) {
      target.put(key(items.get(i)), items.get(i + 1));
    }
  }

  /** A plain value, or something that is equal to nothing else. */
  private static Object key(Object key) {
    boolean plain =
        key instanceof String
            || key instanceof Long
            || key instanceof Double
            || key instanceof Boolean;
    return plain ? key : new Object();
  }

  private void mustBeInert(Object target) {
    if (!(target instanceof Map<?, ?>) && !(target instanceof Inert)) {
      throw refused("changes what is no dictionary");
    }
  }

  // ------------------------------------------------------------------ kinds of values

  @SuppressWarnings("unchecked") // push() is given no other lists
  private List<Object> list(Object value) {
    if (value instanceof List<?> list) {
      return (List<Object>) list;
    }
    throw broken("its pickle has something else where a list must be");
  }

  private Tuple tuple(Object value) {
    if (value instanceof Tuple tuple) {
      return tuple;
    }
    throw broken("its pickle has something else where a tuple must be");
  }

  private String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw broken("its pickle has something else where a text must be");
  }

  private long number(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw broken("its pickle has something else where a number below 2^63 must be");
  }

  private List<Long> numbers(Object value) {
    List<Object> items = tuple(value).items();
    spend(items.size());
    List<Long> numbers = new ArrayList<>();
    for (Object item : items) {
      numbers.add(number(item));
    }
    return numbers;
  }

  private void checkProtocol(int protocol) {
    if (protocol > NEWEST_PROTOCOL) {
      throw broken("its pickle has protocol " + protocol + "; must be at most " + NEWEST_PROTOCOL);
    }
  }

  private LinnetException refused(String what) {
    return new LinnetException(
        path
            + ": its pickle "
            + what
            + ", which builds no tensor; refused, and nothing was executed; in Python save the"
            + " network's state_dict(), or a safetensors file");
  }

  private LinnetException broken(String why) {
    return broken(path, why);
  }

  static LinnetException broken(Path path, String why) {
    return new LinnetException(path + ": is no valid file of torch.save: " + why);
  }
}
