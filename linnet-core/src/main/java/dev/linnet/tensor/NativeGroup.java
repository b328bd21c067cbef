package dev.linnet.tensor;

import dev.linnet.base.LinnetException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/**
 * Libtorch's process groups. What is summed later has a lane of its own, so that what is waited for
 * does not queue up behind it. Few numbers, and buffers on the processor, go through memory where
 * all processes are on one machine ({@link MemorySums}).
 */
final class NativeGroup implements ProcessGroup {
  /** Threads of Gloo that work on what was begun: one sum goes on while the next one starts. */
  private static final int LANE_THREADS = 2;

  private final Rendezvous place;
  private final KeyStore store;
  private final Backend now;
  private final Backend later;
  private final Optional<Backend> cuda;
  private final Pulse pulse;
  private Optional<MemorySums> memory = Optional.empty();
  private final AtomicBoolean closed = new AtomicBoolean();

  NativeGroup(Rendezvous place, Device device, KeyStore store, Consumer<String> lost) {
    this.place = place;
    this.store = store;
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      now = gloo("now", 1);
      later = gloo("later", LANE_THREADS);
      cuda = device.kind() == Device.Kind.CUDA ? Optional.of(nccl()) : Optional.empty();
    } catch (RuntimeException e) {
      throw new LinnetException(
          "the processes cannot connect to each other: "
              + firstLine(e)
              + "; GLOO_SOCKET_IFNAME names the network interface that all can reach",
          e);
    } finally {
      scope.close();
    }
    pulse = new Pulse(place, lost);
    pulse.start();
  }

  /** Looks whether all are on one machine; all of them call it together. */
  void shareMemory() {
    memory = MemorySums.open(this, this::endInVain);
  }

  /** Loads the native libraries, without which there is no store. */
  static void load(Device device) {
    Loader.load(torch_gloo.class);
    if (device.kind() == Device.Kind.CUDA) {
      Loader.load(torch_nccl.class);
    }
  }

  private Backend gloo(String name, int threads) {
    ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create();
    String given = System.getenv("GLOO_SOCKET_IFNAME");
    options.devices(
        new GlooDeviceVector(
            given == null
                ? ProcessGroupGloo.createDeviceForHostname(ownAddress())
                : ProcessGroupGloo.createDeviceForInterface(given)));
    options.timeout(new Milliseconds(place.patience().work().toMillis()));
    options.threads(threads);
    Backend made =
        new ProcessGroupGloo(KeyStore.forGroup(place, name), place.rank(), place.size(), options);
    made.retainReference();
    return made;
  }

  private Backend nccl() {
    ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
    options.timeout(new Milliseconds(place.patience().work().toMillis()));
    Backend made =
        new ProcessGroupNCCL(KeyStore.forGroup(place, "cuda"), place.rank(), place.size(), options);
    made.retainReference();
    return made;
  }

  /** That of the interface through which the first process is reached; nothing is sent. */
  private String ownAddress() {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByName(place.address()), place.port()));
      return socket.getLocalAddress().getHostAddress();
    } catch (SocketException | UnknownHostException | UncheckedIOException e) {
      throw new LinnetException(
          "MASTER_ADDR: \"%s\" cannot be reached from here".formatted(place.address()), e);
    }
  }

  @Override
  public int rank() {
    return place.rank();
  }

  @Override
  public int size() {
    return place.size();
  }

  @Override
  public void sum(Tensor tensor) {
    if (memory.isPresent() && MemorySums.takes(tensor)) {
      memory.get().sum(tensor);
    } else {
      begin(tensor, now, Backend::allreduce).await();
    }
  }

  @Override
  public Buffer buffer(DType type, Device device, long count) {
    return memory
        .filter(shared -> device.equals(Device.CPU))
        .flatMap(shared -> shared.buffer(type, count))
        .orElseGet(() -> ProcessGroup.super.buffer(type, device, count));
  }

  /** Where another process is gone, or does not come in time. */
  private void endInVain(SharedMemory.Wait wait) {
    Optional<String> why = wait.ended() ? pulse.why() : pulse.heard();
    if (why.isPresent() || wait.ended()) {
      throw new LostProcessException(
          why.orElse("process %d of %d ended".formatted(wait.process(), size())), null);
    }
    if (wait.waited().compareTo(place.patience().work()) > 0) {
      throw new LostProcessException(
          "process %d of %d did not come within %d s"
              .formatted(wait.process(), size(), place.patience().work().toSeconds()),
          null);
    }
  }

  @Override
  public Pending sumLater(Tensor tensor) {
    return begin(tensor, later, Backend::allreduce);
  }

  @Override
  public void broadcast(Tensor tensor) {
    begin(tensor, now, Backend::broadcast).await();
  }

  private interface Operation {
    Work begin(Backend backend, TensorVector tensors);
  }

  private Pending begin(Tensor tensor, Backend onProcessor, Operation operation) {
    Backend backend =
        tensor.device().kind() == Device.Kind.CUDA
            ? cuda.orElseThrow(
                () -> new IllegalStateException("this group was joined for the processor"))
            : onProcessor;
    Work work =
        told(
            () -> {
              PointerScopeOnce scope = new PointerScopeOnce();
              try {
                Work begun = operation.begin(backend, new TensorVector(tensor.handle()));
                begun.retainReference();
                return begun;
              } finally {
                scope.close();
              }
            });
    return () -> {
      try {
        told(work::_wait);
      } finally {
        work.releaseReference();
      }
    };
  }

  /** Says who is gone, where that is why it failed. */
  private <T> T told(Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      throw new LostProcessException(
          pulse
              .why()
              .orElseGet(() -> "a process of this run ended or cannot be reached: " + reason(e)),
          e);
    }
  }

  /** {@code [file.cc:547] Connection closed by peer [10.0.0.1]:5000} without the file. */
  private static String reason(RuntimeException e) {
    return firstLine(e).replaceFirst("^\\[[^\\]]*\\] *", "");
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  @Override
  public void fail(String why) {
    if (!closed.getAndSet(true)) {
      pulse.fail(why);
    }
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    leave();
    memory.ifPresent(MemorySums::close);
    pulse.end();
    now.releaseReference();
    later.releaseReference();
    cuda.ifPresent(Backend::releaseReference);
    store.close();
  }

  /** Through the store, which says nothing of what others compute; the first process keeps it. */
  private void leave() {
    try {
      store.add("left", 1);
      long end = System.nanoTime() + place.patience().silence().toNanos();
      while (isFirst() && store.add("left", 0) < size() && System.nanoTime() < end) {
        store.await("never", Duration.ofMillis(20));
      }
    } catch (RuntimeException e) {
      // who has gone already had ended its work
    }
  }
}
