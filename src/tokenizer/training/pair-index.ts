// Which pairs of neighbours a text has, how often, and where. A pair has a number; the places where it stands are a doubly linked list
// through the places themselves (a place is the left symbol's, and has one right neighbour at a time), so that a place enters and leaves a
// pair in constant time and nothing is ever out of date.

/** Pairs of symbols with their counts and places. */
export class PairIndex {
  /** Number of pairs ever seen. */
  size = 0;
  lefts: Int32Array = new Int32Array(1 << 12);
  rights: Int32Array = new Int32Array(1 << 12);
  /** Words times their counts; 0 where a pair stands nowhere any more. */
  counts: Float64Array = new Float64Array(1 << 12);
  private heads = new Int32Array(1 << 12); // the first place of each pair, -1 for none
  private tails = new Int32Array(1 << 12);
  private slots = new Int32Array(1 << 13).fill(-1); // hash table: the pair, -1 where free
  private readonly pairAt: Int32Array; // of each place, -1 for none
  private readonly nextPlace: Int32Array;
  private readonly previousPlace: Int32Array;

  /** @param places how many there are */
  constructor(places: number) {
    this.pairAt = new Int32Array(places).fill(-1);
    this.nextPlace = new Int32Array(places);
    this.previousPlace = new Int32Array(places);
  }

  /** The pair that stands at a place, or -1. */
  at(place: number): number {
    return this.pairAt[place];
  }

  /** Puts a pair at a place that has none, behind its other places. @returns the pair */
  add(place: number, left: number, right: number, count: number): number {
    const pair = this.find(left, right);
    const last = this.tails[pair];
    if (last === -1) this.heads[pair] = place;
    else this.nextPlace[last] = place;
    this.previousPlace[place] = last;
    this.nextPlace[place] = -1;
    this.tails[pair] = place;
    this.pairAt[place] = pair;
    this.counts[pair] += count;
    return pair;
  }

  /** Takes away the pair at a place, if there is one. */
  remove(place: number, count: number): void {
    const pair = this.pairAt[place];
    if (pair === -1) return;
    const before = this.previousPlace[place];
    const after = this.nextPlace[place];
    if (before === -1) this.heads[pair] = after;
    else this.nextPlace[before] = after;
    if (after === -1) this.tails[pair] = before;
    else this.previousPlace[after] = before;
    this.pairAt[place] = -1;
    this.counts[pair] -= count;
  }

  /** All places of a pair, in the order of the text. */
  places(pair: number): Int32Array {
    let count = 0;
    for (let place = this.heads[pair]; place !== -1; place = this.nextPlace[place]) count++;
    const places = new Int32Array(count);
    count = 0;
    for (let place = this.heads[pair]; place !== -1; place = this.nextPlace[place]) places[count++] = place;
    // Only places of `a a` can overlap, so only there the order counts; and it is off only where two merges gave the same symbol.
    return this.lefts[pair] === this.rights[pair] ? places.sort() : places;
  }

  /** The number of a pair, which is new if the pair is. */
  private find(left: number, right: number): number {
    if (this.size === this.lefts.length) this.grow();
    const { slots } = this;
    const mask = slots.length - 1;
    let at = hashOf(left, right) & mask;
    for (let pair = slots[at]; pair !== -1; pair = slots[at]) {
      if (this.lefts[pair] === left && this.rights[pair] === right) return pair;
      at = (at + 1) & mask;
    }
    const pair = this.size++;
    slots[at] = pair;
    this.lefts[pair] = left;
    this.rights[pair] = right;
    this.heads[pair] = -1;
    this.tails[pair] = -1;
    return pair;
  }

  private grow(): void {
    const wider = (numbers: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(2 * numbers.length);
      larger.set(numbers);
      return larger;
    };
    this.lefts = wider(this.lefts);
    this.rights = wider(this.rights);
    this.heads = wider(this.heads);
    this.tails = wider(this.tails);
    const counts = new Float64Array(2 * this.counts.length);
    counts.set(this.counts);
    this.counts = counts;
    this.slots = new Int32Array(2 * this.slots.length).fill(-1);
    const mask = this.slots.length - 1;
    for (let pair = 0; pair < this.size; pair++) {
      let at = hashOf(this.lefts[pair], this.rights[pair]) & mask;
      while (this.slots[at] !== -1) at = (at + 1) & mask;
      this.slots[at] = pair;
    }
  }
}

function hashOf(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return spread ^ (spread >>> 13);
}
