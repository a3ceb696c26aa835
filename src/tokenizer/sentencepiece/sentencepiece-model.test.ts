import { describe, expect, it } from "vitest";
import { FormatError, UnsupportedError } from "../../errors.ts";
import { createRng } from "../../tensor/rng.ts";
import { parseSentencePiece } from "./sentencepiece.ts";
import { readSentencePieceModel } from "./sentencepiece-model.ts";

// A writer of protocol buffers as small as these tests need.
type Value = number | string | boolean | Uint8Array | { float: number };

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function field(number: number, value: Value): number[] {
  if (typeof value === "number" || typeof value === "boolean") return [...varint(number << 3), ...varint(Number(value))];
  if (typeof value === "object" && "float" in value) {
    return [...varint((number << 3) | 5), ...new Uint8Array(Float32Array.of(value.float).buffer)];
  }
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

const message = (...fields: number[][]): Uint8Array => Uint8Array.from(fields.flat());
const piece = (text: string, score: number, type?: number): number[] =>
  field(1, message(field(1, text), field(2, { float: score }), ...(type === undefined ? [] : [field(3, type)])));

const pieces = [
  piece("<unk>", 0, 2),
  piece("<s>", 0, 3),
  piece("</s>", 0, 3),
  ...["\u2581", "a", "b", "\u00e9", "\u{1f999}"].map((text) => piece(text, -9)),
  piece("\u2581a", -1),
  piece("ab", -2),
  piece("\u2581ab", -3),
  piece("<ud>", 0, 4),
];
const bpe = field(2, message(field(3, 2), field(35, false)));
const small = message(...pieces, bpe, field(3, message(field(3, true), field(4, false))), field(99, "of a later version"));

describe("tokenizer.model", () => {
  it("is read with its options, whatever fields are unknown", () => {
    const model = readSentencePieceModel(small, "m");
    expect(model).toMatchObject({ algorithm: "bpe", unknownSurface: " \u2047 ", roles: { bos: "<s>", eos: "</s>" } });
    expect(model.normalizer).toMatchObject({ addDummyPrefix: true, removeExtraWhitespaces: false, escapeWhitespaces: true });
    expect([model.pieces[8], model.scores[8], model.types[8]]).toEqual(["\u2581a", -1, 1]);
    expect(parseSentencePiece(small).encode("ab<ud> a", { addSpecial: true })).toEqual([1, 10, 11, 8]);
  });

  it("has the defaults of the proto file", () => {
    const { algorithm, normalizer } = readSentencePieceModel(message(...pieces), "m");
    expect(algorithm).toBe("unigram");
    expect(normalizer).toMatchObject({ addDummyPrefix: true, removeExtraWhitespaces: true, escapeWhitespaces: true });
  });

  it.each([
    ["an empty file", new Uint8Array(0)],
    ["no pieces", message(bpe)],
    ["a piece without text", message(field(1, message(field(2, { float: 1 }))))],
    ["a score that is no number", message(piece("a", Number.NaN))],
    ["a score without end", message(piece("a", Number.NEGATIVE_INFINITY))],
    ["a type that does not exist", message(piece("a", 0, 7))],
    ["text that is not UTF-8", message(field(1, message(field(1, Uint8Array.of(0x61, 0xff)))))],
    ["a length beyond the file", Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0a)],
    ["a length beyond 2^53", Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)],
    ["a field longer than its message", message(field(1, Uint8Array.of(0x0a, 0x05, 0x61)), field(1, "aaaaaaaa"))],
    ["a number of eleven bytes", Uint8Array.from([0x10, ...Array(10).fill(0xff), 0x01])],
    ["a number that is cut off", Uint8Array.of(0x10, 0xff)],
    ["field 0", Uint8Array.of(0x02, 0x00)],
    ["a group", Uint8Array.of(0x0b, 0x0c)],
    ["a score that is text", message(field(1, message(field(1, "a"), field(2, "b"))))],
    ["nothing for unknown characters", message(piece("a", 0), bpe)],
    [
      "a character map that makes gigabytes",
      message(...pieces, field(3, message(field(2, new Uint8Array(9000).fill(1).fill(0, 1, 4).fill(4, 0, 1))))),
    ],
    ["a character map that is cut off", message(...pieces, field(3, message(field(2, Uint8Array.of(255, 255, 0, 0, 1)))))],
  ])("is refused with %s", (_, bytes) => {
    expect(() => parseSentencePiece(bytes, "m.model")).toThrow(FormatError);
    expect(() => parseSentencePiece(bytes, "m.model")).toThrow(/^m\.model: /);
  });

  it("names the byte where it is damaged", () => {
    expect(() => readSentencePieceModel(message(piece("a", 0), piece("b", 0, 9)), "m")).toThrow(/^m: byte 10: /);
  });

  it("is refused when it is of another kind", () => {
    expect(() => parseSentencePiece(message(...pieces, field(2, message(field(3, 4)))))).toThrow(UnsupportedError);
  });

  it("never does worse than refuse, with any byte changed or any end cut off", () => {
    const rng = createRng(1);
    const tries = [...small.keys()].flatMap((at) => {
      const changed = [1, 0x80, 0xff, rng.integer(256)].map((mask) => small.with(at, small[at] ^ mask));
      return [small.subarray(0, at), ...changed];
    });
    let refused = 0;
    for (const bytes of tries) {
      try {
        const tokenizer = parseSentencePiece(bytes);
        const ids = tokenizer.encode("ab <s>\u{1f999}<ud>\ud800 a", { parseSpecial: true, addSpecial: true });
        expect(ids.every((id) => tokenizer.piece(id) !== undefined)).toBe(true);
        tokenizer.decode(ids);
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(tries.length / 4);
  });

  it("survives any character map", () => {
    const rng = createRng(2);
    for (let i = 0; i < 300; i++) {
      const map = Uint8Array.from({ length: 300 }, () => rng.integer(256));
      map.set([0, 1, 0, 0]); // the trie has 64 units
      const tokenizer = parseSentencePiece(message(...pieces, field(3, message(field(2, map)))));
      tokenizer.decode(tokenizer.encode("ab \u00e9\u{1f999}\u0000\ud800 a"));
    }
  });
});
