import { describe, expect, it } from "vitest";
import { FormatError, UnsupportedError } from "../../errors.ts";
import { finish } from "../pauses.ts";
import { sentencePiece } from "./sentencepiece.ts";
import { type NormalizerSpec, pieceType, type SentencePieceModel } from "./sentencepiece-model.ts";

type Piece = [text: string, score: number, type?: number];

function model(pieces: Piece[], normalizer: Partial<NormalizerSpec> = {}): SentencePieceModel {
  return {
    algorithm: "bpe",
    pieces: pieces.map(([text]) => text),
    scores: Float32Array.from(pieces, ([, score]) => score),
    types: pieces.map(([, , type = pieceType.normal]) => type),
    unknownSurface: " ? ",
    normalizer: {
      charsmap: new Uint8Array(0),
      addDummyPrefix: false,
      removeExtraWhitespaces: false,
      escapeWhitespaces: true,
      treatWhitespaceAsSuffix: false,
      ...normalizer,
    },
  };
}

/** The pieces of a text. */
function split(pieces: Piece[], text: string, normalizer?: Partial<NormalizerSpec>): string[] {
  const bpe = sentencePiece(model([["<unk>", 0, pieceType.unknown], ...pieces], normalizer), "test");
  const ids: number[] = [];
  finish(bpe.encode(text, ids, true));
  return ids.map((id) => bpe.piece(id)!);
}

const letters: Piece[] = [..."abcd\u2581"].map((letter) => [letter, -100]);

describe("SentencePiece BPE", () => {
  it("merges the highest score first, not the lowest id or the leftmost", () => {
    expect(split([...letters, ["ab", -2], ["bc", -1]], "abc")).toEqual(["a", "bc"]);
    expect(split([...letters, ["ab", -1], ["bc", -2]], "abc")).toEqual(["ab", "c"]);
  });

  it("merges the leftmost where scores tie", () => {
    expect(split([...letters, ["aa", -1]], "aaaaa")).toEqual(["aa", "aa", "a"]);
    expect(split([...letters, ["ab", -1], ["ba", -1]], "baba")).toEqual(["ba", "ba"]);
  });

  it("does not make a piece that merges do not lead to", () => {
    expect(split([...letters, ["abcd", -1]], "abcd")).toEqual(["a", "b", "c", "d"]);
    expect(split([...letters, ["ab", -1], ["cd", -2], ["abcd", -3]], "abcd")).toEqual(["abcd"]);
  });

  it("merges characters that are no pieces themselves", () => {
    expect(
      split(
        [
          ["xy", -1],
          ["x\u{1f999}", -2],
        ],
        "xyx\u{1f999}y",
      ),
    ).toEqual(["xy", "x\u{1f999}", "<unk>"]);
  });

  it("cuts a text nowhere where a piece could lie", () => {
    expect(split([...letters, ["a\u2581", -1], ["a\u2581b", -2]], "a b")).toEqual(["a\u2581b"]);
    expect(split([...letters, ["a\u2581", -2], ["\u2581b", -1]], "a b")).toEqual(["a", "\u2581b"]);
  });

  it("makes one unknown token of a run of unknown characters, or bytes where it has them", () => {
    const bytes = Array.from({ length: 256 }, (_, byte): Piece => {
      return [`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, 0, pieceType.byte];
    });
    expect(split(letters, "a\u00e9\u{1f999} \u00e9")).toEqual(["a", "<unk>", "\u2581", "<unk>"]);
    expect(split([...letters, ...bytes], "a\u00e9")).toEqual(["a", "<0xC3>", "<0xA9>"]);
    expect(split([...letters, ...bytes], "\ud800")).toEqual(["<0xEF>", "<0xBF>", "<0xBD>"]); // half a pair is U+FFFD, as in any UTF-8
  });

  it("takes user-defined pieces out first, the longest, and merges nothing into them", () => {
    const defined: Piece[] = [
      ["bc", 0, pieceType.userDefined],
      ["bcd", 0, pieceType.userDefined],
    ];
    expect(split([...letters, ["ab", -1], ...defined], "abcdabc")).toEqual(["a", "bcd", "a", "bc"]);
  });

  it("knows control and unused pieces as text never", () => {
    expect(split([...letters, ["ab", 0, pieceType.control]], "ab")).toEqual(["a", "b"]);
    expect(split([...letters, ["[PAD]", 0, pieceType.unused]], "ab")).toEqual(["a", "b"]);
    expect(() => split([...letters, ["ab", 0, pieceType.unused]], "ab")).toThrow(UnsupportedError);
  });

  it("treats white space as the model says", () => {
    expect(split(letters, "a  b", { addDummyPrefix: true })).toEqual(["\u2581", "a", "\u2581", "\u2581", "b"]);
    expect(split(letters, " a  b ", { removeExtraWhitespaces: true })).toEqual(["a", "\u2581", "b"]);
    expect(split(letters, "   ", { removeExtraWhitespaces: true, addDummyPrefix: true })).toEqual([]);
    expect(split(letters, "a", { addDummyPrefix: true, treatWhitespaceAsSuffix: true })).toEqual(["a", "\u2581"]);
    expect(split(letters, "a b", { escapeWhitespaces: false })).toEqual(["a", "<unk>", "b"]);
    expect(split(letters, "", { addDummyPrefix: true })).toEqual([]);
  });

  it("refuses pieces without end", () => {
    expect(() => split([["a".repeat(100_000), -1]], "a")).toThrow(FormatError);
  });

  it("comes to an end with one word of a million letters", () => {
    const runs: Piece[] = Array.from({ length: 6 }, (_, i) => ["a".repeat(2 ** i), -10 + i]);
    const bpe = sentencePiece(model([["<unk>", 0, pieceType.unknown], ...runs]), "test");
    // What compares all neighbours for each merge would not be done today.
    const ids: number[] = [];
    finish(bpe.encode("a".repeat(2 ** 20), ids, true));
    expect(ids).toHaveLength(2 ** 15);
  });
});
