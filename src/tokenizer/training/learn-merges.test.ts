import { describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { MergeLearner, type TrainingWords } from "./learn-merges.ts";
import { greaterFirst } from "./train-byte-bpe.ts";

function wordsOf(counts: Record<string, number>): TrainingWords {
  const words = Object.keys(counts);
  const alphabet = [...new Set(words.join(""))].sort();
  let end = 0;
  return {
    symbols: Int32Array.from(words.join(""), (letter) => alphabet.indexOf(letter)),
    ends: Int32Array.from(words, (word) => (end += word.length)),
    counts: Float64Array.from(words, (word) => counts[word]),
    alphabet,
  };
}

/** All merges, as "left right", until no pair stands twice. */
function learned(counts: Record<string, number>, maxLength = 100): string[] {
  const learner = new MergeLearner(wordsOf(counts), greaterFirst, maxLength);
  const merges: string[] = [];
  for (let merge = learner.step(); merge; merge = learner.step()) {
    merges.push(`${learner.texts[merge.left]} ${learner.texts[merge.right]}`);
    expect(learner.texts[merge.merged]).toBe(learner.texts[merge.left] + learner.texts[merge.right]);
  }
  return merges;
}

/** The same by counting everything anew for each merge. */
function learnedSlowly(counts: Record<string, number>): string[] {
  let words = Object.entries(counts).map(([word, count]) => ({ symbols: [...word], count }));
  const merges: string[] = [];
  for (;;) {
    const pairs = new Map<string, number>();
    for (const { symbols, count } of words) {
      for (let i = 1; i < symbols.length; i++) {
        const pair = `${symbols[i - 1]} ${symbols[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    const first = [...pairs]
      .map(([pair, count]) => ({ pair, count, sides: pair.split(" ") }))
      .sort(
        (a, b) => b.count - a.count || (a.sides[0] === b.sides[0] ? compare(b.sides[1], a.sides[1]) : compare(b.sides[0], a.sides[0])),
      )[0];
    if (!first || first.count < 2) return merges;
    merges.push(first.pair);
    words = words.map(({ symbols, count }) => ({ symbols: joined(symbols, first.sides), count }));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function joined(symbols: readonly string[], [left, right]: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(left + right);
      i++;
    } else result.push(symbols[i]);
  }
  return result;
}

describe("merges", () => {
  it("are those of the classic example, worked by hand", () => {
    // e s and s t stand 9 times: s t is greater. Then e st (9), o w before l o (7), l ow (7), w est before n e and e w (6), and so on.
    expect(learned({ low: 5, lower: 2, newest: 6, widest: 3 })).toEqual([
      ...["s t", "e st", "o w", "l ow", "w est", "n e", "ne west"],
      ...["w i", "wi d", "wid est", "low e", "lowe r"],
    ]);
  });

  it("go from left to right where a letter repeats", () => {
    expect(learned({ aaaaa: 2 })).toEqual(["a a", "aa aa", "aaaa a"]);
    expect(learned({ aaa: 2, aa: 1 })).toEqual(["a a", "aa a"]);
  });

  it("stop where every pair stands once", () => {
    expect(learned({ abc: 1, cab: 1 })).toEqual(["a b"]);
    expect(learned({ abc: 1 })).toEqual([]);
    expect(learned({ a: 7 })).toEqual([]);
    expect(learned({})).toEqual([]);
  });

  it("give one symbol for one text, whichever way it came about", () => {
    const learner = new MergeLearner(wordsOf({ xab: 9, bcy: 9, abc: 4, zbc: 9, aabc: 1 }), greaterFirst, 100);
    while (learner.step());
    expect(new Set(learner.texts).size).toBe(learner.texts.length);
  });

  it("make no symbol longer than allowed, counted in characters", () => {
    expect(learned({ abcdefgh: 5 }, 2)).toEqual(["g h", "e f", "c d", "a b"]);
    const two = "\u00c3\u00a9"; // the bytes of one character
    expect(learned({ [two]: 3, [`${two}x${two}`]: 3 }, 1)).toEqual(["\u00c3 \u00a9"]);
  });

  it("leave the tokens that the text has", () => {
    const learner = new MergeLearner(wordsOf({ banana: 3, an: 4 }), greaterFirst, 100);
    expect(learner.tokens).toBe(26);
    learner.step(); // an: 6 in banana, 4 alone
    expect(learner.tokens).toBe(16);
  });

  it("are the same as when everything is counted anew, on random words", () => {
    const rng = createRng(11);
    for (let round = 0; round < 60; round++) {
      const letters = "abcd".slice(0, 1 + (round % 4));
      const counts: Record<string, number> = {};
      for (let word = 0; word < 30; word++) {
        const length = 1 + Math.floor(rng.uniform() * 12);
        const text = Array.from({ length }, () => letters[Math.floor(rng.uniform() * letters.length)]).join("");
        counts[text] = 1 + Math.floor(rng.uniform() * 5);
      }
      expect(learned(counts)).toEqual(learnedSlowly(counts));
    }
  });
});
