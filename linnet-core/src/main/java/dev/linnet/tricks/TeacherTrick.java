package dev.linnet.tricks;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Device;

/** A trick whose loss compares the network with a teacher that sees the same pictures. */
public interface TeacherTrick {
  /** A run, a folder of weights, {@code hf://OWNER/NAME}, or with weights a network's name. */
  String teacher();

  /** The file with the weights of the network that {@link #teacher} names; auto: it is a folder. */
  OrAuto<String> weights();

  /** The same with another teacher. */
  Record withTeacher(String teacher, OrAuto<String> weights);

  /**
   * The term of the loss; the caller closes it.
   *
   * @param student with or without memory
   * @param teacher likewise
   * @param device where the lesson's own parameters shall be
   * @param random first values of its own parameters
   * @throws dev.linnet.base.LinnetException if the two networks have nothing to compare
   */
  Lesson lesson(Classifier student, Classifier teacher, Device device, RandomState random);
}
