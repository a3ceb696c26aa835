import { describe, expect, it } from "vitest";
import { finish } from "../pauses.ts";
import { pieceType } from "./sentencepiece-model.ts";
import { unigram } from "./unigram.ts";

type Piece = [text: string, score: number, type?: number];

function split(pieces: Piece[], text: string): string[] {
  const all: Piece[] = [["<unk>", 0, pieceType.unknown], ...pieces];
  const texts = all.map(([piece]) => piece);
  const encode = unigram({
    pieces: texts,
    texts,
    scores: Float32Array.from(all, ([, score]) => score),
    types: all.map(([, , type = pieceType.normal]) => type),
    unknownId: 0,
    byteIds: undefined,
  });
  const ids: number[] = [];
  finish(encode(text, ids));
  return ids.map((id) => texts[id]);
}

describe("unigram", () => {
  it("takes the way with the highest sum, which need not be the fewest pieces or the longest first", () => {
    const pieces: Piece[] = [
      ["a", -3],
      ["b", -3],
      ["c", -3],
      ["ab", -2],
      ["bc", -1],
      ["abc", -5],
    ];
    expect(split(pieces, "abc")).toEqual(["a", "bc"]); // -4, against -5 and -5
  });

  it("takes the earliest start of a last piece where sums tie", () => {
    expect(
      split(
        [
          ["a", -2],
          ["aa", -1],
        ],
        "aaa",
      ),
    ).toEqual(["a", "aa"]);
    expect(
      split(
        [
          ["a", -1],
          ["b", -1],
          ["ab", -2],
        ],
        "ab",
      ),
    ).toEqual(["ab"]);
  });

  it("gives an unknown character 10 less than the worst piece, so that a known way is taken at almost any price", () => {
    expect(
      split(
        [
          ["a", -5],
          ["xa", -19],
        ],
        "xa",
      ),
    ).toEqual(["xa"]); // unknown x and a: -15 - 14 - 5
    expect(
      split(
        [
          ["a", -5],
          ["xa", -40],
          ["b", -41],
        ],
        "xa",
      ),
    ).toEqual(["xa"]);
    expect(split([["a", -5]], "\u{1f999}a")).toEqual(["<unk>", "a"]);
  });

  it("always takes user-defined pieces, never unused and control ones", () => {
    expect(
      split(
        [
          ["a", -1],
          ["b", -1],
          ["bb", -0.2],
          ["ab", 0, pieceType.userDefined],
        ],
        "abb",
      ),
    ).toEqual(["ab", "b"]);
    expect(
      split(
        [
          ["a", -1],
          ["b", -1],
          ["ab", 0, pieceType.unused],
        ],
        "ab",
      ),
    ).toEqual(["a", "b"]);
    expect(
      split(
        [
          ["a", -1],
          ["b", -1],
          ["ab", 0, pieceType.control],
        ],
        "ab",
      ),
    ).toEqual(["a", "b"]);
  });
});
