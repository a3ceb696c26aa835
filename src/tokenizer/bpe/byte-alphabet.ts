// The alphabet in which byte-level BPE vocabularies are written: each byte is one printable character. Printable Latin-1
// stands for itself, the other 68 bytes take U+0100 onwards in order (space is U+0120). From GPT-2's encoder.py.

const byteToChar: readonly string[] = makeAlphabet();
const charToByte: ReadonlyMap<string, number> = new Map(byteToChar.map((char, byte) => [char, byte]));

function makeAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}

/** The character that stands for a byte (0..255). */
export function pieceOfByte(byte: number): string {
  return byteToChar[byte];
}

/** The bytes that a piece spells; undefined if a character of it is outside the alphabet (as in a special token). */
export function bytesOfPiece(piece: string): Uint8Array | undefined {
  const bytes = new Uint8Array(piece.length);
  for (let i = 0; i < piece.length; i++) {
    const byte = charToByte.get(piece[i]);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
