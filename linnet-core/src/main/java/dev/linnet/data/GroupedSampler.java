package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Batches of P classes with K pictures each, as losses of pairs need them (Hermans et al., 2017,
 * arXiv:1703.07737, §2.2).
 *
 * <p>Classes come in turn, in random order, and within a class its pictures: none a second time
 * before each has come once. A class with fewer than K pictures has some of them several times in a
 * batch.
 *
 * @param batch pictures of a batch, P·K, at least 4
 * @param pictures K, at least 2, which divides the batch into two classes or more; empty: 4, or the
 *     next that lets the classes fill a batch
 */
public record GroupedSampler(int batch, OptionalInt pictures) implements Sampler {
  private static final int USUAL = 4;

  public GroupedSampler {
    Check.that(batch >= 4, "batch", batch, "at least 4 with grouped sampling: two classes of two");
    int k = pictures.orElse(2);
    Check.that(k >= 2, "sampling.pictures", k, "at least 2, or auto");
  }

  /**
   * The pictures of an epoch, batch after batch; what is left at its end is dropped.
   *
   * @throws LinnetException if a batch cannot be filled
   */
  @Override
  public int[] order(PictureSet set, RandomState random) {
    int[][] members = members(set);
    int k = pictures(members.length);
    int p = batch / k;
    int[] order = new int[set.size()];
    Deck classes = new Deck(members.length, random);
    List<Deck> decks = new ArrayList<>();
    for (int[] pictures : members) {
      decks.add(new Deck(pictures.length, random));
    }
    int filled = 0;
    while (filled + batch <= order.length) {
      for (int c : classes.next(p)) {
        for (int i : decks.get(c).next(k)) {
          order[filled++] = members[c][i];
        }
      }
    }
    Arrays.fill(order, filled, order.length, members[0][0]);
    return order;
  }

  /**
   * K, where there are so many classes.
   *
   * @throws LinnetException if a batch cannot be filled
   */
  public int pictures(int classes) {
    if (pictures.isEmpty()) {
      for (int k = Math.min(USUAL, batch / 2); k <= batch / 2; k++) {
        if (batch % k == 0 && batch / k <= classes) {
          return k;
        }
      }
      throw new LinnetException(
          "batch: got "
              + batch
              + ", which is no number of classes times one of pictures; must be one, such as "
              + 2 * Math.max(2, batch / 2)
              + ", because sampling is grouped");
    }
    int k = pictures.getAsInt();
    if (batch % k != 0 || batch / k < 2) {
      throw new LinnetException(
          "batch: got "
              + batch
              + "; must be two or more times sampling.pictures, which is "
              + k
              + ", such as "
              + k * Math.max(2, batch / k));
    }
    if (batch / k > classes) {
      throw new LinnetException(
          "batch: got "
              + batch
              + ", which takes "
              + batch / k
              + " classes of "
              + k
              + " pictures (sampling.pictures), but only "
              + classes
              + " have training pictures; must be at most "
              + k * classes
              + ", or more pictures of a class");
    }
    return k;
  }

  private static int[][] members(PictureSet set) {
    List<List<Integer>> members = new ArrayList<>();
    set.classes().forEach(name -> members.add(new ArrayList<>()));
    for (int i = 0; i < set.size(); i++) {
      members.get(set.label(i)).add(i);
    }
    return members.stream()
        .filter(pictures -> !pictures.isEmpty())
        .map(pictures -> pictures.stream().mapToInt(i -> i).toArray())
        .toArray(int[][]::new);
  }

  /** Cards dealt in turn, shuffled when none is left. */
  private static final class Deck {
    private final RandomState random;
    private final boolean[] inHand;
    private int[] order;
    private int at;

    Deck(int size, RandomState random) {
      this.random = random;
      this.inHand = new boolean[size];
      this.order = random.permutation(size);
    }

    /** So many, none twice as long as there are others. */
    int[] next(int count) {
      int[] hand = new int[count];
      for (int i = 0; i < count; i++) {
        if (i % inHand.length == 0) {
          Arrays.fill(inHand, false);
        }
        if (at == order.length) {
          shuffle();
        }
        hand[i] = order[at++];
        inHand[hand[i]] = true;
      }
      return hand;
    }

    /** Those in the hand go to the end. */
    private void shuffle() {
      int[] fresh = random.permutation(order.length);
      order = new int[fresh.length];
      at = 0;
      int last = 0;
      for (boolean held : new boolean[] {false, true}) {
        for (int card : fresh) {
          if (inHand[card] == held) {
            order[last++] = card;
          }
        }
      }
    }
  }
}
