// How often each word stands in a text: a hash table over bytes that keeps every word once, in the order of first sight. Memory grows
// with the number of different words, not with the text; a Map of strings would take several times as much, and as long.

import { UsageError } from "../../errors.ts";

/** Bytes of all different words together: offsets are 32-bit, and the learner takes 28 bytes for each. */
const MAX_KEY_BYTES: number = 2 ** 30;

export class WordCounts {
  /** Number of different words. */
  size = 0;
  /** All different words, one after the other: word w is `keys[starts[w], starts[w + 1])`. */
  keys: Uint8Array = new Uint8Array(1 << 16);
  starts: Uint32Array = new Uint32Array(1 << 12);
  /** How often each word was added; a float64 counts exactly up to 2^53. */
  counts: Float64Array = new Float64Array(1 << 12);
  private hashes = new Int32Array(1 << 12);
  private slots = new Int32Array(1 << 13).fill(-1); // the word, -1 where free
  private readonly seed = Math.floor(Math.random() * 2 ** 32); // no result depends on it, and a text cannot choose words that share a slot

  /** Counts the word bytes[start, end) once more. */
  add(bytes: Uint8Array, start: number, end: number): void {
    let hash = this.seed;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash ^= hash >>> 13;
    const mask = this.slots.length - 1;
    let at = hash & mask;
    for (let word = this.slots[at]; word !== -1; word = this.slots[at]) {
      if (this.hashes[word] === hash && this.isWord(word, bytes, start, end)) {
        this.counts[word]++;
        return;
      }
      at = (at + 1) & mask;
    }
    this.slots[at] = this.size;
    this.append(hash, bytes, start, end);
    if (2 * this.size > this.slots.length) this.rehash();
  }

  private isWord(word: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { keys, starts } = this;
    let key = starts[word];
    if (starts[word + 1] - key !== end - start) return false;
    for (let i = start; i < end; i++, key++) if (bytes[i] !== keys[key]) return false;
    return true;
  }

  private append(hash: number, bytes: Uint8Array, start: number, end: number): void {
    const word = this.size++;
    if (this.size === this.starts.length) {
      this.starts = grown(new Uint32Array(2 * this.starts.length), this.starts);
      this.counts = grown(new Float64Array(2 * this.counts.length), this.counts);
      this.hashes = grown(new Int32Array(2 * this.hashes.length), this.hashes);
    }
    const from = this.starts[word];
    const to = from + end - start;
    if (to > MAX_KEY_BYTES) {
      throw new UsageError(
        `the text has more than ${MAX_KEY_BYTES.toLocaleString("en-US")} bytes of different words: train on a part of it`,
      );
    }
    if (to > this.keys.length) this.keys = grown(new Uint8Array(Math.max(to, 2 * this.keys.length)), this.keys);
    for (let i = start, key = from; i < end; i++, key++) this.keys[key] = bytes[i];
    this.starts[word + 1] = to;
    this.hashes[word] = hash;
    this.counts[word] = 1;
  }

  private rehash(): void {
    this.slots = new Int32Array(2 * this.slots.length).fill(-1);
    const mask = this.slots.length - 1;
    for (let word = 0; word < this.size; word++) {
      let at = this.hashes[word] & mask;
      while (this.slots[at] !== -1) at = (at + 1) & mask;
      this.slots[at] = word;
    }
  }
}

function grown<A extends Uint8Array | Uint32Array | Int32Array | Float64Array>(larger: A, smaller: A): A {
  larger.set(smaller);
  return larger;
}
