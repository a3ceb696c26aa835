// Hashes of 32 and 64 bits for tables that live as long as a run. What leaves the run (on which side of the split a document stands) is decided by
// SHA-256 instead. Nobody who writes documents gains by making two of these collide: at worst a document of theirs is dropped.

/** Spreads the bits of a number over 32 (the finaliser of MurmurHash3, Austin Appleby). */
export function mixHash(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Writes 64 bits for a text into two places of `into`. */
export function hashText(text: string, into: Uint32Array, at: number): void {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x243f6a88 + text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x85ebca77);
    b = Math.imul(b ^ code, 0xc2b2ae3d);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  into[at] = mixHash(a ^ (b >>> 7));
  into[at + 1] = mixHash(b ^ Math.imul(a, 0x27d4eb2f));
}
