import { describe, expect, it } from "vitest";
import { decodeTokens, type LeadingSpace, tokenStream } from "./token-stream.ts";

/** Feeds chunks of bytes as if each were a token: what is shown after each, then what the end adds. */
function shown(chunks: number[][], leading?: LeadingSpace): string[] {
  const bytesOf = (id: number): Uint8Array => Uint8Array.from(chunks[id]);
  const stream = tokenStream(bytesOf, leading);
  const deltas = [...chunks.map((_, id) => stream.push(id)), stream.end()];
  expect(decodeTokens([...chunks.keys()], bytesOf, leading)).toBe(deltas.join(""));
  return deltas;
}

describe("tokenStream", () => {
  it("holds a character back until its last byte", () => {
    expect(shown([[0x61, 0xf0], [0x9f], [0xa6], [0x99, 0x62]])).toEqual(["a", "", "", "\u{1f999}b", ""]);
  });

  it("gives one U+FFFD for each maximal broken part, as WHATWG says", () => {
    expect(shown([[0xe2, 0x82], [0x41]])).toEqual(["", "\ufffdA", ""]); // a cut euro sign: one
    expect(shown([[0xed], [0xa0, 0x80]])).toEqual(["", "\ufffd\ufffd\ufffd", ""]); // a surrogate: three
    expect(
      shown([
        [0xf0, 0x90],
        [0xf0, 0x9f, 0x98, 0x80],
      ]),
    ).toEqual(["", "\ufffd\u{1f600}", ""]);
    expect(shown([[0xc0], [0x80], [0xff]])).toEqual(["\ufffd", "\ufffd", "\ufffd", ""]);
  });

  it("turns what is unfinished at the end into one U+FFFD", () => {
    expect(shown([[0x61], [0xf0, 0x9f, 0x98]])).toEqual(["a", "", "\ufffd"]);
  });

  it("keeps byte order marks, also the first", () => {
    expect(shown([[0xef], [0xbb, 0xbf], [0xef, 0xbb, 0xbf]])).toEqual(["", "\ufeff", "\ufeff", ""]);
  });

  it("drops the space before a first word and no other", () => {
    const leading = { startsWithSpace: (id: number) => id > 0, all: false };
    expect(shown([[], [0x20], [0x20, 0x61], [0x20]], leading)).toEqual(["", "", " a", " ", ""]);
    expect(shown([[], [0x20, 0x20]], leading)).toEqual(["", " ", ""]);
    expect(shown([[0x20, 0x3f], [0x20]], leading)).toEqual([" ?", " ", ""]); // the first begins with a space that means itself
  });

  it("drops all spaces before a first word where no text begins with one", () => {
    const leading = { startsWithSpace: (id: number) => id < 3, all: true };
    expect(shown([[0x20], [0x20], [0x20, 0x61], [0x20]], leading)).toEqual(["", "", "a", " ", ""]);
    expect(shown([[0x20], [0x20], [0x20], [0x20, 0x3f]], leading)).toEqual(["", "", "", " ?", ""]);
  });
});
