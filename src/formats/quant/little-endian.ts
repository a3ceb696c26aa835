// Unsigned words inside blocks, least significant byte first, at any address: the fields of most blocks are not aligned.

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

/** 32 bits as an int32, for taking bits out of it. */
export function readBits32(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) | (readU16(bytes, at + 2) << 16);
}

export function writeU16(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >> 8;
}
