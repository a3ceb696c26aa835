// A set of characters, given as a class of JavaScript's regular expressions and looked up by UTF-8 bytes. The engine's Unicode
// data fills a page of 256 characters when one of them is first asked for.

import { codePointAt } from "./unicode-kinds.ts";

export class CharSet {
  private readonly pattern: RegExp;
  private readonly pages: Uint8Array[] = [];

  /** @param source a class in the syntax of the `v` flag, `[^\p{L}\p{N}]` */
  constructor(source: string, ignoreCase: boolean) {
    this.pattern = new RegExp(`^${source}$`, ignoreCase ? "iv" : "v");
  }

  /** Whether the character that starts at i is in the set. */
  hasAt(bytes: Uint8Array, i: number): boolean {
    const codePoint = codePointAt(bytes, i);
    const page = this.pages[codePoint >> 8] ?? this.fill(codePoint >> 8);
    return page[codePoint & 0xff] === 1;
  }

  private fill(page: number): Uint8Array {
    const members = Uint8Array.from({ length: 256 }, (_, low) => Number(this.pattern.test(String.fromCodePoint(page * 256 + low))));
    this.pages[page] = members;
    return members;
  }
}
