// Texts that become ids while others have their turns: the same ids, and no more work than is asked for.
import { describe, expect, it } from "vitest";
import { createRng } from "../tensor/rng.ts";
import { assembleTokenizer } from "../tokenizer/assemble.ts";
import { pieceOfByte } from "../tokenizer/bpe/byte-alphabet.ts";
import { createByteBpe } from "../tokenizer/bpe/byte-bpe.ts";
import { parseTokenizerJson, type Tokenizer, trainTokenizer } from "../tokenizer/index.ts";
import { preTokenizer } from "../tokenizer/split/pre-tokenizers.ts";
import type { SteppedTokenizer } from "../tokenizer/tokenizer.ts";
import { encodeInTurns, encodeStart } from "./encode-in-turns.ts";
import { ContextLengthError } from "./generate.ts";

const bytes = Array.from({ length: 256 }, (_, byte) => pieceOfByte(byte));
const merges: [string, string][] = ["ab", "cd", "aa", "ee"].map((pair) => [pair[0], pair[1]]);
const special = [{ text: "<|end|>", id: bytes.length + merges.length }];

/** Cut by a pattern that has no scanner of its own. */
function byPattern(name = "tekken"): Tokenizer {
  const vocab = [...bytes, ...merges.map((pair) => pair.join(""))];
  return assembleTokenizer(createByteBpe({ vocab, merges, split: preTokenizer(name), source: "test" }), { special });
}

function byUnigram(): Tokenizer {
  const scores = [["<unk>", 0], ...[..."abcde fg", "ab", "cde", " a"].map((piece, i) => [piece, -1 - (i % 5)])];
  const added_tokens = [{ id: 0, content: "<unk>", special: true }];
  return parseTokenizerJson(JSON.stringify({ added_tokens, model: { type: "Unigram", unk_id: 0, vocab: scores } }));
}

const corpus = ["the cab faced a bad egg, 12 eggs; it's a café\n\n  deaf bee ".repeat(40)];
const trained = async (options: object): Promise<Tokenizer> =>
  (await trainTokenizer(corpus, { vocabSize: 285, special: ["<|end|>"], ...options })).tokenizer;

const kinds: [name: string, make: () => Tokenizer | Promise<Tokenizer>][] = [
  ["a scanner", () => trained({ split: "llama3" })],
  ["two cuts", () => trained({ split: "smollm" })],
  ["SentencePiece", () => trained({ kind: "sentencepiece" })],
  ["a pattern", () => byPattern()],
  ["several patterns", () => byPattern("deepseek-llm")],
  ["unigram", byUnigram],
];

/** Words and numbers, among them words that are merged in steps, special tokens, and what no vocabulary has. */
function textOf(seed: number): string {
  const rng = createRng(seed);
  const letters = (count: number): string => Array.from({ length: count }, () => "abcdefg"[rng.integer(7)]).join("");
  const parts = [
    () => letters(1 + rng.integer(9)),
    () => letters(4090 + rng.integer(500)),
    () => " ".repeat(1 + rng.integer(4500)),
    () => "<|end|>",
    () => "\ud800é日本\u{1f98a}".repeat(1 + rng.integer(900)),
    () => `${rng.integer(1e6)}\r\n`,
  ];
  const common = [" ", " ", ", ", "\n", "'s "];
  return Array.from({ length: 60 }, () => (rng.integer(8) === 0 ? parts[rng.integer(6)]() : parts[0]()) + common[rng.integer(5)]).join("");
}

describe.each(kinds)("a tokenizer that cuts by %s", (_, make) => {
  it("gives the same ids in steps, whoever else comes in between", async () => {
    const [stepped, whole] = [(await make()) as SteppedTokenizer, await make()];
    const texts = [1, 2, 3].map(textOf);
    const options = [{ addSpecial: true }, { parseSpecial: true }, {}];
    const walks = texts.map((text, i) => ({
      steps: stepped.encodeSteps(text, options[i]),
      ids: [] as number[],
      lasts: [] as [number, number][],
      done: false,
    }));
    for (let at = 0; walks.some(({ done }) => !done); at++) {
      const walk = walks[at % 3];
      const { done = false, value } = walk.done ? { done: true, value: walk.ids } : walk.steps.next();
      const last = walk.lasts.at(-1);
      if (!done && value.length > 0 && value.length !== last?.[0]) walk.lasts.push([value.length, value[value.length - 1]]);
      Object.assign(walk, { ids: value, done });
      if (at % 50 === 0) stepped.encode("abc abc cab 12");
    }
    for (const [i, { ids, lasts }] of walks.entries()) {
      expect(ids).toEqual(whole.encode(texts[i], options[i]));
      expect(lasts.map(([length]) => ids[length - 1])).toEqual(lasts.map(([, last]) => last)); // what there was stays
    }
  });
});

describe("a long text", () => {
  const text = "ab".repeat(200_000);

  it("lets others have their turns, and gives the ids that it gives at once", async () => {
    const tokenizer = byPattern();
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const ids = await encodeInTurns(tokenizer, text, {}, {});
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(2);
    expect(ids).toEqual(tokenizer.encode(text));
  });

  it("is left when nobody waits any more", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error("gone")));
    await expect(encodeInTurns(byPattern(), text, {}, { signal: controller.signal })).rejects.toThrow("gone");
    await expect(encodeStart(byPattern(), text, {}, 10, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  });

  it("is refused as soon as it has more tokens than there is room for, and is not read to its end", async () => {
    const words = "ab cd ".repeat(10_000);
    const tokenizer = byPattern("gpt-2") as SteppedTokenizer;
    let steps = 0;
    const counting = {
      ...tokenizer,
      *encodeSteps(...args: Parameters<SteppedTokenizer["encodeSteps"]>) {
        for (const walk = tokenizer.encodeSteps(...args); ; steps++) {
          const { done, value } = walk.next();
          if (done) return value;
          yield value;
        }
      },
    };
    const all = tokenizer.encode(words).length;
    await encodeInTurns(counting, words, {}, { most: all });
    const needed = steps;
    steps = 0;
    await expect(encodeInTurns(counting, words, {}, { most: 9000 })).rejects.toThrow(
      /^prompt has at least \d+ tokens, the context holds 9000/,
    );
    expect(steps).toBeLessThan(needed / 2);
    steps = 0;
    await expect(encodeInTurns(counting, words, {}, { most: 100 }, "text 2 of 3")).rejects.toThrow(ContextLengthError);
    await expect(encodeInTurns(counting, words, {}, { most: 100 }, "text 2 of 3")).rejects.toThrow(/^text 2 of 3 has at least 2143 tokens/);
    expect(steps).toBe(0);
    await expect(encodeInTurns(tokenizer, "ab cd ", {}, { most: 2 })).rejects.toThrow(/^prompt has [45] tokens, the context holds 2/);
  });

  it("gives its start without the rest", async () => {
    const words = "ab cd ".repeat(10_000);
    const tokenizer = byPattern("gpt-2");
    expect(await encodeStart(tokenizer, words, {}, 1000)).toEqual(tokenizer.encode(words).slice(0, 1000));
    expect(await encodeStart(tokenizer, "ab", {}, 1000)).toEqual(tokenizer.encode("ab"));
  });
});

it("takes a tokenizer that has no steps as it is", async () => {
  const { encodeSteps: _, ...foreign } = byPattern() as SteppedTokenizer;
  expect(await encodeInTurns(foreign, "ab cd", {}, { most: 10 })).toEqual(foreign.encode("ab cd"));
  await expect(encodeInTurns(foreign, "ab cd", {}, { most: 1 })).rejects.toThrow(ContextLengthError);
});
