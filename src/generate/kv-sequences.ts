// Key/value caches of sequences: one that can hold the whole of a request, taken from those that ended if any fits. What such a cache still knows is
// used again where the new text begins as the old one did: a chat turn runs only what is new. By the one order of summation the bits are the same.
import type { ModelConfig } from "../model/config.ts";
import type { KvCache } from "../ops/ops.ts";

/** A cache and the tokens whose keys and values it holds. */
export interface KvSequence {
  readonly cache: KvCache;
  /** In order: the pages of the cache. */
  readonly pages: readonly number[];
  ids: number[];
}

export interface KvSequences {
  /**
   * A cache for at least `capacity` tokens. Its `ids` are the longest known beginning of `ids`, short of the last one: that has to run again for its
   * logits.
   */
  take(ids: readonly number[], capacity: number): KvSequence;
  /** Its contents may serve a later text. */
  giveBack(sequence: KvSequence): void;
}

export const PAGE_SIZE = 32;
/** Capacities are this many tokens times a power of two, so that caches of ended requests fit others. */
const SMALLEST = 256;

/** @param make a cache with so many pages of {@link PAGE_SIZE} tokens */
export function createKvSequences(config: ModelConfig, make: (pages: number) => KvCache): KvSequences {
  const idle: KvSequence[] = [];
  // Dynamic NTK turns keys by the length that the text has when they are written: those of another text are of no use.
  const reusable = !(config.positions.kind === "rope" && config.positions.scaling?.kind === "dynamic");
  const commonLength = (a: readonly number[], b: readonly number[]): number => {
    const most = Math.min(a.length, b.length - 1);
    for (let i = 0; i < most; i++) if (a[i] !== b[i]) return i;
    return Math.max(most, 0);
  };

  return {
    take(ids, capacity) {
      const pageCount = (SMALLEST / PAGE_SIZE) * 2 ** Math.max(0, Math.ceil(Math.log2(capacity / SMALLEST)));
      let best = -1;
      let known = -1;
      idle.forEach(({ pages, ids: old }, i) => {
        if (pages.length < pageCount) return;
        const common = reusable ? commonLength(old, ids) : 0;
        // Of equally useful ones the smallest: a long cache stays for a long text.
        if (common > known || (common === known && pages.length < idle[best].pages.length)) {
          best = i;
          known = common;
        }
      });
      if (best < 0) return { cache: make(pageCount), pages: Array.from({ length: pageCount }, (_, i) => i), ids: [] };
      const [sequence] = idle.splice(best, 1);
      sequence.ids = sequence.ids.slice(0, known);
      return sequence;
    },
    giveBack(sequence) {
      idle.push(sequence);
    },
  };
}
