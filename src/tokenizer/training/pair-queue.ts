// The pair to merge next: a binary heap, the commonest pair on top. Counts fall all the time while others are merged; an entry keeps the
// count that it was pushed with, and is put in its place again only when it comes to the top. A count that rises is pushed anew.

/** Which of two pairs of equal counts comes first: negative for `a`. Must be a total order. */
export type TieBreak = (a: number, b: number) => number;

export class PairQueue {
  private size = 0;
  private pairs = new Int32Array(1 << 10);
  private keys = new Float64Array(1 << 10); // the counts that entries were pushed with
  private readonly tieBreak: TieBreak;

  constructor(tieBreak: TieBreak) {
    this.tieBreak = tieBreak;
  }

  push(pair: number, count: number): void {
    if (this.size === this.pairs.length) this.grow();
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.precedes(pair, count, this.pairs[parent], this.keys[parent])) break;
      this.pairs[at] = this.pairs[parent];
      this.keys[at] = this.keys[parent];
      at = parent;
    }
    this.pairs[at] = pair;
    this.keys[at] = count;
  }

  /** The first pair by its count of now, taken off; -1 when none stands `least` times. @param counts of all pairs, now */
  pop(counts: Float64Array, least: number): number {
    while (this.size > 0) {
      const pair = this.pairs[0];
      const key = this.keys[0];
      const count = counts[pair];
      this.removeTop();
      if (count === key) return pair;
      if (count >= least && count < key) this.push(pair, count);
    }
    return -1;
  }

  private removeTop(): void {
    const size = --this.size;
    const pair = this.pairs[size];
    const key = this.keys[size];
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.precedes(this.pairs[child + 1], this.keys[child + 1], this.pairs[child], this.keys[child])) child++;
      if (!this.precedes(this.pairs[child], this.keys[child], pair, key)) break;
      this.pairs[at] = this.pairs[child];
      this.keys[at] = this.keys[child];
      at = child;
    }
    this.pairs[at] = pair;
    this.keys[at] = key;
  }

  private precedes(a: number, countA: number, b: number, countB: number): boolean {
    return countA > countB || (countA === countB && this.tieBreak(a, b) < 0);
  }

  private grow(): void {
    const pairs = new Int32Array(2 * this.size);
    const keys = new Float64Array(2 * this.size);
    pairs.set(this.pairs);
    keys.set(this.keys);
    this.pairs = pairs;
    this.keys = keys;
  }
}
