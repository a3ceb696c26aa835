// Constraints with real vocabularies, whose tokens are taken by chance: what comes is of the format all the same.
import { describe, expect, it } from "vitest";
import { byteTokenizer } from "../../../test/byte-tokenizer.ts";
import { sharedPath } from "../../../test/goldens.ts";
import { createRng } from "../../tensor/rng.ts";
import { loadTokenizer } from "../../tokenizer/index.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { formatConstraint } from "./format-constraint.ts";
import type { Layout } from "./prepare-format.ts";

/** One of the tokens that may come, by chance, until the text is whole. */
async function babble(
  tokenizer: Tokenizer,
  format: Layout,
  seed: number,
  most = 400,
): Promise<{ text: string; ids: number[]; whole: boolean }> {
  const constraint = await formatConstraint(tokenizer, format);
  const rng = createRng(seed);
  const scores = new Float32Array(tokenizer.vocabSize);
  const ids: number[] = [];
  while (!constraint.finished && ids.length < most) {
    const row = constraint.mask(scores);
    // The next one that may come, from anywhere on.
    const from = Math.floor(rng.uniform() * row.length);
    const behind = row.indexOf(0, from);
    const id = behind < 0 ? row.indexOf(0) : behind;
    constraint.accept(id);
    ids.push(id);
  }
  const { finished: whole } = constraint;
  constraint.dispose();
  return { text: tokenizer.decode(ids, { skipSpecial: true, continues: true }), ids, whole };
}

const vocabularies = {
  "SentencePiece with bytes": sharedPath("data/tokenizers/llama2/tokenizer.model"),
  "byte-level BPE of 128,256": sharedPath("data/tokenizers/llama3/tokenizer.model"),
};

describe.each(Object.entries(vocabularies))("%s", (_, path) => {
  it.skipIf(!path)("writes characters of several tokens, and no special tokens", async () => {
    const tokenizer = await loadTokenizer(path!);
    const value = { größe: " 日本語 🙂 𝄞", "a b": ["</s>", "<s>"] };
    const constant = { kind: "schema", schema: { const: value } } as const;
    const pattern = { kind: "regex", pattern: "[α-ω]{5}[ऄ-ह]{2}[🙂-🙏]{3} ?" } as const;
    const special = new Set(tokenizer.specialTokens.values());
    for (const seed of [1, 2]) {
      const { text, ids, whole } = await babble(tokenizer, constant, seed);
      expect([JSON.parse(text), whole]).toEqual([value, true]);
      expect(ids.some((id) => special.has(id) && !tokenizer.endIds.has(id))).toBe(false);
      expect((await babble(tokenizer, pattern, seed)).text).toMatch(/^[α-ω]{5}[ऄ-ह]{2}[🙂-🙏]{3} ?$/u);
    }
    // By chance alone most texts would be broken UTF-8.
    const { text } = await babble(tokenizer, { kind: "schema", schema: { type: "string" } }, 4, 60);
    expect(text).not.toContain("\ufffd");
  });
});

it("lets only whole characters come, not what only looks like UTF-8", async () => {
  const broken = [[0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0x80]];
  const formats: Layout[] = [
    { kind: "regex", pattern: "[^a]" },
    { kind: "regex", pattern: ".*" },
    { kind: "schema", schema: { type: "string", maxLength: 40 } },
  ];
  const scores = new Float32Array(byteTokenizer.vocabSize);
  for (const format of formats) {
    for (const bytes of broken) {
      const constraint = await formatConstraint(byteTokenizer, format);
      if (format.kind === "schema") constraint.accept(0x22);
      const taken = bytes.every((byte) => {
        if (constraint.mask(scores)[byte] !== 0) return false;
        constraint.accept(byte);
        return true;
      });
      constraint.dispose();
      expect(taken, `${JSON.stringify(format)} ${bytes}`).toBe(false);
    }
  }
});

describe("a constraint", () => {
  const scores = new Float32Array(byteTokenizer.vocabSize);
  const layout: Layout = {
    kind: "list",
    separator: "\n",
    of: {
      kind: "choice",
      options: ["a", "b"].map((name) => ({
        kind: "sequence",
        parts: [`<${name}>`, { kind: "schema", schema: { type: "integer", minimum: 1 } }, "</>"],
      })),
    },
  };

  it("puts formats into the texts around them", async () => {
    const constraint = await formatConstraint(byteTokenizer, layout);
    expect([constraint.acceptText("<c>"), constraint.acceptText("<a>0"), constraint.acceptText("<a>12</>\n<b>")]).toEqual([
      false,
      false,
      true,
    ]);
    expect(constraint.mask(scores)[byteTokenizer.eosId!]).toBe(Number.NEGATIVE_INFINITY);
    expect(constraint.acceptText("3</>")).toBe(true);
    expect([constraint.finished, constraint.mask(scores)[byteTokenizer.eosId!]]).toEqual([false, 0]);
    constraint.accept(byteTokenizer.eosId!);
    expect(constraint.finished).toBe(true);
    constraint.dispose();
    constraint.dispose();
    expect(() => constraint.accept(1)).toThrow("disposed");
  });

  it("throws for a token that may not come", async () => {
    const constraint = await formatConstraint(byteTokenizer, { kind: "regex", pattern: "ab" });
    expect(() => constraint.accept(0x62)).toThrow("token 98 came, which the grammar forbids");
    constraint.dispose();
  });

  it("is not disturbed by others, nor by grammars that are none", async () => {
    const first = await formatConstraint(byteTokenizer, { kind: "regex", pattern: "abc" });
    first.accept(0x61);
    const others = Array.from({ length: 70 }, (_, i) => formatConstraint(byteTokenizer, { kind: "regex", pattern: `x{${i}}` }));
    for (const other of await Promise.all(others)) other.dispose();
    await expect(formatConstraint(byteTokenizer, { kind: "grammar", grammar: "root = 1" })).rejects.toThrow(
      "the grammar cannot be used: EBNF",
    );
    const again = await formatConstraint(byteTokenizer, { kind: "regex", pattern: "abc" });
    expect([first.acceptText("bc"), again.acceptText("abc")]).toEqual([true, true]);
    for (const constraint of [first, again]) constraint.dispose();
  });
});
