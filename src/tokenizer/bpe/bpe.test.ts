import { describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { finish } from "../pauses.ts";
import { preTokenizer } from "../split/pre-tokenizers.ts";
import { createBpe, idsOfPieces } from "./bpe.ts";
import { bytesOfPiece, pieceOfByte } from "./byte-alphabet.ts";
import { type MergeTable, mergeTableOf } from "./merge-table.ts";

const MB = 2 ** 20;

/** Every byte, and runs of a letter and of spaces up to 1,024. */
const runs = ["a", pieceOfByte(0x20)].flatMap((piece) => Array.from({ length: 10 }, (_, i) => piece.repeat(2 ** i)));
const merges = [...runs.map((run) => [run, run]), ["t", "h"], ["th", "e"]];
const vocab = [...Array.from({ length: 256 }, (_, byte) => pieceOfByte(byte)), ...merges.map((pair) => pair.join(""))];

/** Encodes a text and counts what that takes: bytes that the splitting reads, and merges looked up. */
function workOf(splitName: string, text: string): { read: number; lookups: number; decoded: string } {
  const count = { read: 0, lookups: 0 };
  const idOf = idsOfPieces(vocab);
  const table = mergeTableOf(merges, idOf, "test");
  const counted: MergeTable = {
    ...table,
    get slots() {
      count.lookups++;
      return table.slots;
    },
  };
  const split = preTokenizer(splitName);
  const model = createBpe({
    vocab,
    table: counted,
    split(bytes, start, end, out) {
      const reading = new Proxy(bytes, {
        get(target, key) {
          count.read++;
          return Reflect.get(target, key);
        },
      });
      return split(reading, start, end, out);
    },
    symbols(bytes, start, end, ids) {
      for (let i = start; i < end; i++) ids[i - start] = bytes[i]; // the id of a byte is the byte
      return end - start;
    },
    pieceBytes: (piece) => bytesOfPiece(piece)!,
    dropsLeadingSpace: false,
  });
  const ids: number[] = [];
  finish(model.encode(text, ids, true));
  return { ...count, decoded: Buffer.concat(ids.map((id) => model.bytes(id)!)).toString() };
}

/** Words of letters, with numbers, signs and line ends between; hardly one occurs twice. */
function ordinaryText(length: number): string {
  const rng = createRng(7);
  let text = "";
  while (text.length < length) {
    for (let letters = 1 + rng.integer(12); letters > 0; letters--) text += String.fromCharCode(0x61 + rng.integer(26));
    text += [" ", " ", " ", " the ", ", ", ".\n", " 1984 ", "  "][rng.integer(8)];
  }
  return text.slice(0, length);
}

describe.each(["gpt-2", "llama-bpe"])("a megabyte of text, cut as by %s", (splitName) => {
  it.each<[string, (length: number) => string]>([
    ["one letter", (length) => "a".repeat(length)],
    ["spaces", (length) => " ".repeat(length)],
    ["ordinary text", ordinaryText],
  ])("takes work in proportion to its length: %s", { timeout: 60_000 }, (_, textOf) => {
    const [quarter, megabyte] = [MB / 4, MB].map((length) => workOf(splitName, textOf(length)));
    expect(megabyte.decoded).toBe(textOf(MB));
    expect(megabyte.read).toBeGreaterThan(MB);
    expect(megabyte.read).toBeLessThan(quarter.read * 4.1);
    expect(megabyte.lookups).toBeGreaterThan(0);
    expect(megabyte.lookups).toBeLessThan(quarter.lookups * 4.1);
  });
});
