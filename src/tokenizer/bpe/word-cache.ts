// Words that were encoded before, by their bytes: the reason why natural text is fast. Everything lies in typed arrays of fixed
// size, so a hit allocates nothing. A word has four slots where it may stand and takes the place of another when they are full:
// neither memory nor the time of a look-up can be driven up by a text.

const SLOT_BITS = 16;
const WAYS = 4;
/** Longer words are rare and not worth the room. */
const MAX_WORD_BYTES = 48;
const KEY_BYTES = 1 << 20;
const ID_COUNT = 1 << 18;

// The numbers of a slot.
const FIELDS = 4;
const HASH = 0;
const KEY = 1; // where its bytes start
const LENGTHS = 2; // bytes * 64 + number of ids; 0 in a free slot
const IDS = 3; // where its ids start; a single id stands here itself
const MASK = (FIELDS << SLOT_BITS) - 1;

export class WordCache {
  private readonly slots = new Int32Array(FIELDS << SLOT_BITS);
  private readonly keys = new Uint8Array(KEY_BYTES);
  private readonly ids = new Int32Array(ID_COUNT);
  private keysEnd = 0;
  private idsEnd = 0;

  /** Appends the ids of the word bytes[start, end) and returns true if it is known. */
  take(bytes: Uint8Array, start: number, end: number, out: number[]): boolean {
    if (end - start > MAX_WORD_BYTES) return false;
    const { slots, keys } = this;
    const hash = hashBytes(bytes, start, end);
    let at = (hash >>> (32 - SLOT_BITS)) * FIELDS;
    for (let way = 0; way < WAYS; way++, at = (at + FIELDS) & MASK) {
      const lengths = slots[at + LENGTHS];
      if (slots[at + HASH] !== hash || lengths >> 6 !== end - start) continue;
      let key = slots[at + KEY];
      let i = start;
      while (i < end && bytes[i] === keys[key]) {
        i++;
        key++;
      }
      if (i < end) continue;
      const count = lengths & 63;
      const first = slots[at + IDS];
      if (count === 1) out.push(first);
      else for (let id = first; id < first + count; id++) out.push(this.ids[id]);
      return true;
    }
    return false;
  }

  /** Remembers the ids of a word that take() did not find. */
  put(bytes: Uint8Array, start: number, end: number, ids: Int32Array, count: number): void {
    if (end - start > MAX_WORD_BYTES) return;
    if (this.keysEnd + MAX_WORD_BYTES > KEY_BYTES || this.idsEnd + MAX_WORD_BYTES > ID_COUNT) this.clear();
    const { slots } = this;
    const hash = hashBytes(bytes, start, end);
    const home = (hash >>> (32 - SLOT_BITS)) * FIELDS;
    let at = home;
    for (let way = 0; way < WAYS && slots[at + LENGTHS] !== 0; way++) at = (home + way * FIELDS) & MASK;
    if (slots[at + LENGTHS] !== 0) at = home;
    slots[at + HASH] = hash;
    slots[at + KEY] = this.keysEnd;
    slots[at + LENGTHS] = (end - start) * 64 + count;
    slots[at + IDS] = count === 1 ? ids[0] : this.idsEnd;
    for (let i = start; i < end; i++) this.keys[this.keysEnd++] = bytes[i];
    if (count !== 1) for (let i = 0; i < count; i++) this.ids[this.idsEnd++] = ids[i];
  }

  private clear(): void {
    this.slots.fill(0);
    this.keysEnd = 0;
    this.idsEnd = 0;
  }
}

// FNV-1a with a last mixing, because the slot is taken from the high bits.
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
}
