package dev.linnet.tensor;

import static java.util.Objects.requireNonNull;

import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a compiled network in the forms that kernels like; programs for other sizes of
 * pictures share them. One thread at a time.
 */
final class PackedWeights {
  private final Map<List<Long>, Entry> entries = new HashMap<>();
  private final List<Pointer> owned = new ArrayList<>();

  private <P extends Pointer> P own(P pointer) {
    owned.add(Kernels.kept(pointer));
    return pointer;
  }

  /** The weights of one layer. */
  final class Entry {
    private final Op op;
    private final @Nullable Op norm;
    private final List<memory> forms = new ArrayList<>();
    private final @Nullable memory bias;

    private Entry(Op op, @Nullable Op norm) {
      this.op = op;
      this.norm = norm;
      org.bytedeco.pytorch.Tensor folded = Folding.of(op, norm).bias();
      boolean rows = op.name.equals("linear");
      this.bias =
          folded == null
              ? null
              : wrapped(
                  folded,
                  rows
                      ? Kernels.rowMajor(DType.FLOAT32, 1, folded.numel())
                      : Kernels.rowMajor(DType.FLOAT32, folded.numel()));
    }

    /** [out] or [1, out], fp32; null where there is none. */
    @Nullable memory bias() {
      return bias;
    }

    /**
     * The weights in a form.
     *
     * @param sizes as the kernel counts them: of a linear layer [in, out]
     */
    memory packed(long[] sizes, DType dtype, memory.desc form) {
      for (memory known : forms) {
        if (known.get_desc().equals(form)) {
          return known;
        }
      }
      org.bytedeco.pytorch.Tensor weight = Folding.of(op, norm).weight();
      memory.desc plain =
          op.name.equals("linear")
              ? new memory.desc(sizes, memory.data_type.f32, new long[] {1, sizes[0]})
              : Kernels.rowMajor(DType.FLOAT32, sizes);
      memory from = new memory(plain, Kernels.processor(), weight.data_ptr());
      memory to = own(new memory(form, Kernels.processor()));
      Kernels.reorder(from, to);
      forms.add(to);
      return to;
    }
  }

  /** The weights of a layer, with the batch norm behind it. */
  Entry of(Op op, @Nullable Op norm) {
    List<Long> key = new ArrayList<>();
    List<Value> constants = new ArrayList<>(op.inputs.subList(1, op.inputs.size()));
    if (norm != null) {
      constants.addAll(norm.inputs.subList(1, norm.inputs.size()));
    }
    constants.forEach(v -> key.add(requireNonNull(v.constant).data_ptr().address()));
    Entry entry = entries.get(key);
    if (entry == null) { // addresses stay theirs for as long as the handles live
      entry = new Entry(lasting(op), norm == null ? null : lasting(norm));
      entries.put(key, entry);
    }
    return entry;
  }

  /** An operator whose constants live as long as this, and not only as long as its trace. */
  private Op lasting(Op op) {
    List<Value> inputs = new ArrayList<>();
    for (Value given : op.inputs) {
      Value value = new Value(given.shape, given.dtype);
      if (given.constant != null) {
        value.constant = own(new org.bytedeco.pytorch.Tensor(given.constant));
      }
      inputs.add(value);
    }
    Value output = new Value(op.output.shape, op.output.dtype);
    return new Op(op.name, op.attributes, op.code, inputs, output);
  }

  /** Memory of a tensor's elements, which stays alive. */
  private memory wrapped(org.bytedeco.pytorch.Tensor values, memory.desc form) {
    own(new org.bytedeco.pytorch.Tensor(values));
    return own(new memory(form, Kernels.processor(), values.data_ptr()));
  }

  void free() {
    owned.forEach(Pointer::releaseReference);
    owned.clear();
    entries.clear();
  }
}
