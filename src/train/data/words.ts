// A text as words, in one pass over its characters: what rules of quality count, and what near-duplicates are compared by.
//
// A word is a run of letters, marks and digits in lower case. Scripts that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese)
// give one word a character. Beyond Latin-1 everything is a letter but the blocks of spaces, punctuation and symbols: exact for texts, and many times
// as fast as asking Unicode about each character.
import { mixHash } from "./dedup/hash.ts";

export interface Words {
  /** One for each word. */
  readonly hashes: Uint32Array;
  /** One for each word, in UTF-16 units. */
  readonly lengths: Uint32Array;
  /** Characters that are no spaces, in UTF-16 units. */
  readonly characters: number;
  readonly digits: number;
  /** What stands between spaces, and how many of these have a letter. */
  readonly tokens: number;
  readonly tokensWithLetters: number;
}

const separator = 0;
const space = 1;
const digit = 2;
const letter = 3;
const alone = 4; // a letter that is a word

const kindOf: Uint8Array = tableOfKinds();

export function scanWords(text: string): Words {
  const lower = text.toLowerCase();
  let hashes = new Uint32Array(Math.max(16, lower.length >> 2));
  let lengths = new Uint32Array(hashes.length);
  let words = 0;
  let hash = 0;
  let length = 0;
  const counts = { characters: 0, digits: 0, tokens: 0, tokensWithLetters: 0 };
  let inToken = false;
  let letterInToken = false;

  const end = (): void => {
    if (length === 0) return;
    if (words === hashes.length) {
      hashes = grown(hashes);
      lengths = grown(lengths);
    }
    hashes[words] = mixHash(hash ^ length);
    lengths[words++] = length;
    hash = 0;
    length = 0;
  };

  for (let i = 0; i < lower.length; i++) {
    const code = lower.charCodeAt(i);
    const kind = kindOf[code];
    if (kind === space) {
      end();
      if (inToken && letterInToken) counts.tokensWithLetters++;
      inToken = letterInToken = false;
      continue;
    }
    counts.characters++;
    if (!inToken) counts.tokens++;
    inToken = true;
    if (kind === separator) {
      end();
      continue;
    }
    if (kind === alone) end();
    hash = Math.imul(hash ^ code, 0x01000193) ^ (hash >>> 15);
    length++;
    if (kind === digit) counts.digits++;
    else letterInToken = true;
    if (kind === alone) end();
  }
  end();
  if (inToken && letterInToken) counts.tokensWithLetters++;
  return { hashes: hashes.subarray(0, words), lengths: lengths.subarray(0, words), ...counts };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function tableOfKinds(): Uint8Array {
  const kinds = new Uint8Array(2 ** 16).fill(letter);
  for (let code = 0; code < 0x100; code++) {
    const character = String.fromCharCode(code);
    kinds[code] = /\s/.test(character) ? space : /\d/.test(character) ? digit : /[\p{L}\p{M}\p{N}]/u.test(character) ? letter : separator;
  }
  const fill = (kind: number, ...blocks: readonly (readonly [from: number, to: number])[]): void => {
    for (const [from, to] of blocks) kinds.fill(kind, from, to + 1);
  };
  // Punctuation, signs and arrows; CJK punctuation; private use; presentation forms of punctuation; full-width signs; specials.
  fill(
    separator,
    [0x2010, 0x2027],
    [0x2030, 0x206f],
    [0x20a0, 0x20cf],
    [0x2190, 0x2bff],
    [0x2e00, 0x2e7f],
    [0x3001, 0x3004],
    [0x3008, 0x3020],
  );
  fill(
    separator,
    [0xe000, 0xf8ff],
    [0xfe10, 0xfe1f],
    [0xfe30, 0xfe6f],
    [0xff01, 0xff0f],
    [0xff1a, 0xff20],
    [0xff5b, 0xff65],
    [0xfff0, 0xffff],
  );
  fill(space, [0x1680, 0x1680], [0x2000, 0x200b], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]);
  // Thai and Lao; Burmese; Khmer; kana; ideographs.
  fill(alone, [0x0e00, 0x0eff], [0x1000, 0x109f], [0x1780, 0x17ff], [0x3040, 0x30ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xf900, 0xfaff]);
  return kinds;
}
