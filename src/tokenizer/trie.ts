// A set of strings that finds which of them start at a place of a text: special tokens, user-defined pieces, the pieces of a unigram model.
// Edges live in one open-addressing hash table keyed by (node, UTF-16 code unit), so a step is one probe whatever the alphabet.

/** Strings with a value each; nodes are numbers, the root is 0. */
interface Trie {
  /** The node below `node` along one UTF-16 code unit, or -1. */
  step(node: number, unit: number): number;
  /** The value of the string that ends at this node, or -1. */
  value(node: number): number;
  /** The longest string that starts at `start`: where it ends and its value; undefined if none does. */
  longestAt(text: string, start: number): { end: number; value: number } | undefined;
}

/** Builds a trie. Values are non-negative integers; the first of equal strings wins; empty strings are left out, as they are everywhere. */
export function buildTrie(entries: Iterable<readonly [string, number]>): Trie {
  const list = [...entries];
  const units = list.reduce((sum, [text]) => sum + text.length, 0);
  const bits = Math.max(4, Math.ceil(Math.log2(2 * units + 1))); // at most half full
  const mask = 2 ** bits - 1;
  const parents = new Int32Array(mask + 1).fill(-1);
  const labels = new Uint16Array(mask + 1);
  const children = new Int32Array(mask + 1);
  const values = new Int32Array(units + 1).fill(-1);
  let nodes = 1;
  const factor = Math.floor(Math.random() * 2 ** 32) | 1; // no result depends on it, and a file cannot choose strings that share a slot

  const slotOf = (node: number, unit: number): number => {
    const mixed = Math.imul(Math.imul(node, factor) ^ unit, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (parents[slot] !== -1 && (parents[slot] !== node || labels[slot] !== unit)) slot = (slot + 1) & mask;
    return slot;
  };

  for (const [text, value] of list) {
    let node = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const slot = slotOf(node, unit);
      if (parents[slot] === -1) {
        parents[slot] = node;
        labels[slot] = unit;
        children[slot] = nodes++;
      }
      node = children[slot];
    }
    if (node !== 0 && values[node] === -1) values[node] = value;
  }

  const step = (node: number, unit: number): number => {
    const slot = slotOf(node, unit);
    return parents[slot] === -1 ? -1 : children[slot];
  };
  return {
    step,
    value: (node) => values[node],
    longestAt(text, start) {
      let longest: { end: number; value: number } | undefined;
      let node = 0;
      for (let end = start; end < text.length; ) {
        node = step(node, text.charCodeAt(end++));
        if (node === -1) break;
        if (values[node] !== -1) longest = { end, value: values[node] };
      }
      return longest;
    },
  };
}
