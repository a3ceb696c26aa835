// The precompiled character map of a SentencePiece model (NFKC and the like): a double-array trie over UTF-8 of what is replaced, then the
// replacements, each ended by a zero byte. The trie's 32-bit units are those of darts-clone (https://github.com/s-yata/darts-clone):
// bit 31 marks a value, bits 0-7 are a label, bit 8 says that a value follows, bits 10-30 (shifted by 8 if bit 9 is set) lead to the children.
import { FormatError } from "../../errors.ts";

/** The longest rule that starts at a place of a text in UTF-8: where it ends and what stands there instead; undefined if none does. */
export type CharsMap = (text: Uint8Array, start: number) => { end: number; replacement: Uint8Array } | undefined;

const VALUE = 0x80000000;
const VALUE_FOLLOWS = 0x100;

/** In bytes. The longest of NFKC has 33 (U+FDFA becomes 18 letters); without a limit a small text could become gigabytes. */
const MAX_REPLACEMENT = 1024;

/** @throws FormatError if the parts of the map do not fit into it, or a replacement is far too long */
export function readCharsMap(bytes: Uint8Array, file: string): CharsMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (trieBytes < 4 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) {
    throw new FormatError(`${file}: the character map has ${bytes.length} bytes and claims a trie of ${trieBytes}: it is damaged`);
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const replacements = bytes.subarray(4 + trieBytes);
  for (let start = 0; start < replacements.length; ) {
    const end = replacements.indexOf(0, start);
    const length = (end === -1 ? replacements.length : end) - start;
    if (length > MAX_REPLACEMENT) {
      throw new FormatError(`${file}: the character map replaces something by ${length} bytes, expected ${MAX_REPLACEMENT} at most`);
    }
    start += length + 1;
  }

  return (text, start) => {
    let end = -1;
    let offset = 0; // in replacements
    let node = childrenOffset(units[0]); // where the children of a node would stand if their labels were 0
    for (let i = start; i < text.length; ) {
      const at = node ^ text[i++];
      const unit = units[at] ?? VALUE; // a damaged trie may lead outside
      if ((unit & (VALUE | 0xff)) !== text[i - 1]) break;
      node = at ^ childrenOffset(unit);
      if (unit & VALUE_FOLLOWS) {
        end = i;
        offset = (units[node] ?? 0) & ~VALUE;
      }
    }
    if (end === -1) return undefined;
    const stop = replacements.indexOf(0, offset);
    return { end, replacement: replacements.subarray(offset, stop === -1 ? replacements.length : stop) };
  };
}

function childrenOffset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
