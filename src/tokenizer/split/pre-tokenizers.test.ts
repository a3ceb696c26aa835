import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../../errors.ts";
import { createRng } from "../../tensor/rng.ts";
import { finish } from "../pauses.ts";
import { preTokenizer } from "./pre-tokenizers.ts";
import { Spans, type Split } from "./split.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function pieces(split: Split, text: string): string[] {
  const bytes = encoder.encode(text);
  const spans = new Spans();
  finish(split(bytes, 0, bytes.length, spans));
  return Array.from({ length: spans.length / 2 }, (_, i) => decoder.decode(bytes.subarray(spans.data[2 * i], spans.data[2 * i + 1])));
}

/** What a list of patterns cuts by JavaScript's own RegExp: each one cuts the pieces of the one before it at its matches. */
function piecesByRegExp(patterns: readonly RegExp[], text: string): string[] {
  return patterns.reduce(
    (list, pattern) =>
      list.flatMap((piece) => {
        const parts: string[] = [];
        let done = 0;
        for (const match of piece.matchAll(pattern)) {
          parts.push(piece.slice(done, match.index), match[0]);
          done = match.index + match[0].length;
        }
        parts.push(piece.slice(done));
        return parts.filter((part) => part !== "");
      }),
    text === "" ? [] : [text],
  );
}

// Oniguruma's \s is White_Space; RegExp has no (?i:) in Node 20, and its \s is another set.
const s = "\\p{White_Space}";
const contraction = "(?:'[sS\\u017f]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${s}\\p{L}\\p{N}]+|${s}+(?!\\P{White_Space})|${s}+`;
const tail = `${s}*[\\r\\n]+|${s}+(?!\\P{White_Space})|${s}+`;
const llama3 = (digits: string) => `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^${s}\\p{L}\\p{N}]+[\\r\\n]*|${tail}`;
const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const gpt4o = `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contraction}?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contraction}?|\\p{N}{1,3}| ?[^${s}\\p{L}\\p{N}]+[\\r\\n/]*|${tail}`;
const cjk = "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+";

const cases: [name: string, patterns: string[]][] = [
  ["gpt-2", [gpt2]],
  ["smollm", ["\\p{N}", gpt2]],
  ["llama-bpe", [llama3("{1,3}")]],
  ["qwen2", [llama3("")]],
  ["falcon", ["[\\p{P}$+<=>^~|`]+", gpt2, "[0-9][0-9][0-9]"]],
  ["default", ["[\\p{P}$+<=>^~|]+", gpt2, "\\p{N}+", "[0-9][0-9][0-9]"]],
  ["deepseek-coder", ["[\\r\\n]", `${s}?\\p{L}+`, `${s}?\\p{P}+`, cjk, "\\p{N}"]],
  [
    "deepseek-v3",
    [
      "\\p{N}{1,3}",
      "[\\u4e00-\\u9fa5\\u3040-\\u30ff]+",
      `[!-\\/:-@\\[-\\x60\\{-~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${tail}`,
    ],
  ],
  ["gpt-4o", [gpt4o]],
  ["bloom", [` ?[^(${s}|.,!?\\u2026\\u3002\\uff0c\\u3001\\u0964\\u06d4\\u060c]+`]],
];

const alphabet = [
  ..."aaabZsStTmMdDlLeErRvVx01239    \n\n\r\t'''.,!?-/|(<=$`_",
  ..."\u017f\u212a\u0085\u00a0\u2028\u3000\ufeff\u200b\u00e9\u0301\u00bd\u2167\u0663\u4f60\u3042\uac00\u0e01\u0905\u060c\u2026\u00df\u01c5",
  ..."\u{1f600}\u{1d7d8}\u{1d400}\u{20bb7}\u{1f1e9}",
  "\ufffd",
  "\0",
];

/** Texts in which every kind of character meets every other; the same ones in each run. */
function* texts(count: number): Generator<string> {
  const rng = createRng(12345);
  for (let i = 0; i < count; i++) {
    const few = Array.from({ length: 1 + rng.integer(6) }, () => alphabet[rng.integer(alphabet.length)]);
    const from = rng.integer(2) === 0 ? few : alphabet;
    yield Array.from({ length: rng.integer(24) }, () => from[rng.integer(from.length)]).join("");
  }
}

describe("pre-tokenizers cut as their patterns in JavaScript's RegExp", () => {
  it.each(cases)("%s", (name, patterns) => {
    const split = preTokenizer(name);
    const regExps = patterns.map((pattern) => new RegExp(pattern, "gu"));
    for (const text of texts(4000)) expect(pieces(split, text), JSON.stringify(text)).toEqual(piecesByRegExp(regExps, text));
  });
});

describe("pre-tokenizers", () => {
  it("know White_Space as Unicode has it, and the long s in a contraction", () => {
    expect(pieces(preTokenizer("llama-bpe"), "a\u0085b\ufeffc")).toEqual(["a", "\u0085b", "\ufeffc"]);
    expect(pieces(preTokenizer("gpt-2"), "a \u0085 b")).toEqual(["a", " \u0085", " b"]);
    expect(pieces(preTokenizer("llama-bpe"), "it'\u017f it'S")).toEqual(["it", "'\u017f", " it", "'S"]);
    expect(pieces(preTokenizer("gpt-2"), "it'S")).toEqual(["it", "'", "S"]);
  });

  it("take DeepSeek's trailing white space only at the end of a line", () => {
    expect(pieces(preTokenizer("deepseek-llm"), "a  b 12  \n \u00e9 \u4f60.")).toEqual([
      "a",
      " ",
      " b",
      " ",
      "12",
      "  ",
      "\n",
      " \u00e9",
      " ",
      "\u4f60",
      ".",
    ]);
  });

  it("are told by name", () => {
    expect(() => preTokenizer("nonesuch")).toThrow(UnsupportedError);
    expect(() => preTokenizer("nonesuch")).toThrow("smollm");
  });

  // Reads of the text are counted, not seconds: twice the text may cost twice the reads.
  it.each([
    "gpt-2",
    "smollm",
    "llama-bpe",
    "falcon",
    "deepseek-llm",
    "deepseek-coder",
    "deepseek-v3",
    "tekken",
    "gpt-4o",
    "bloom",
    "viking",
    "seed-coder",
    "qwen35",
    "default",
  ])("%s reads a text a bounded number of times, whatever it repeats", (name) => {
    const split = preTokenizer(name);
    for (const unit of ["a", " ", "\n", "1", "'", "!", "a ", " \n", "\u3000", "\u4f60", "  a", "A", "\u0301"]) {
      const reads = [900, 1800].map((length) => {
        let count = 0;
        const bytes = new Proxy(encoder.encode(`${unit.repeat(length / unit.length)}x`), {
          get(target, key) {
            count++;
            return Reflect.get(target, key);
          },
        });
        finish(split(bytes, 0, bytes.length, new Spans()));
        return count;
      });
      expect(reads[1], JSON.stringify(unit)).toBeLessThan(reads[0] * 2.2);
    }
  });
});
