// What a text must be like to be worth learning from. Each rule measures one number; the limits are those of Gopher (Rae et al. 2021, appendix A.1.1)
// but where it is said. Left out: Gopher's upper limit of 100,000 words, for books are welcome; C4's (Raffel et al. 2020, section 2.2) rules against
// curly brackets, for code is welcome, against lines without a full stop, and its list of bad words. Rules go from cheap to dear, and the first one
// that a text fails is the one that is told.
import { scanWords, type Words } from "../words.ts";
import { languageOf } from "./language.ts";
import { longerRuns, type Runs, repeatedPieces, repeatedRunShare, runsOfOne, topRunShare } from "./repetition.ts";

export interface QualityOptions {
  readonly minWords: number;
  /** ISO 639-3; none: any language. */
  readonly languages: readonly string[];
}

/** Why a text was dropped. */
export interface Failure {
  readonly rule: string;
  /** What was measured. */
  readonly value: number | string;
  /** What would have passed: "at least 50". */
  readonly limit: string;
}

interface Text {
  readonly text: string;
  readonly words: Words;
  /** Without the empty ones. */
  readonly lines: readonly string[];
  readonly repeatedLines: ReturnType<typeof repeatedPieces>;
  readonly repeatedParagraphs: ReturnType<typeof repeatedPieces>;
  /** Runs of n words. */
  readonly runs: (n: number) => Runs;
}

interface Rule {
  readonly name: string;
  /** In words, for docs/data.md. */
  readonly what: string;
  readonly least?: number;
  readonly most?: number;
  /** Words of the runs whose repetition it measures. */
  readonly runs?: number;
  /** Undefined where the rule has nothing to say. */
  readonly measure: (text: Text) => number | undefined;
}

const stopWords: ReadonlySet<number> = new Set(
  ["the", "be", "to", "of", "and", "that", "have", "with"].map((word) => scanWords(word).hashes[0]),
);

export const rules: readonly Rule[] = [
  {
    name: "broken characters",
    what: "share of U+FFFD, which somebody put for what could not be decoded (own rule)",
    most: 0.001,
    measure: ({ text, words }) => (text.includes("\ufffd") ? occurrences(text, /\ufffd/g) / words.characters : 0),
  },
  { name: "digits", what: "digits, of the characters (own rule)", most: 0.2, measure: ({ words }) => words.digits / words.characters },
  {
    name: "word length",
    what: "mean letters of a word; not for scripts without spaces",
    least: 3,
    most: 10,
    measure: ({ words }) => meanWordLength(words),
  },
  {
    name: "symbols",
    what: "hash signs and ellipses, for each word",
    most: 0.1,
    measure: ({ text, words }) => occurrences(text, /#|\.\.\.|\u2026/g) / words.tokens,
  },
  {
    name: "words without letters",
    what: "of what stands between spaces",
    most: 0.2,
    measure: ({ words }) => 1 - words.tokensWithLetters / words.tokens,
  },
  {
    name: "bullets",
    what: "lines that begin with one",
    most: 0.9,
    measure: ({ lines }) => shareOf(lines, /^\s*[-*\u2022\u2023\u25aa\u25cf]\s/),
  },
  { name: "ellipses", what: "lines that end in one", most: 0.3, measure: ({ lines }) => shareOf(lines, /(?:\.\.\.|\u2026)\s*$/) },
  { name: "lorem ipsum", what: "times that it stands there (C4)", most: 0, measure: ({ text }) => occurrences(text, /lorem ipsum/gi) },
  { name: "repeated lines", what: "lines that were there before", most: 0.3, measure: ({ repeatedLines }) => repeatedLines.share },
  { name: "text of repeated lines", what: "characters in such lines", most: 0.2, measure: ({ repeatedLines }) => repeatedLines.characters },
  {
    name: "repeated paragraphs",
    what: "paragraphs that were there before",
    most: 0.3,
    measure: ({ repeatedParagraphs }) => repeatedParagraphs.share,
  },
  {
    name: "text of repeated paragraphs",
    what: "characters in such paragraphs",
    most: 0.2,
    measure: ({ repeatedParagraphs }) => repeatedParagraphs.characters,
  },
  ...[[2, 0.2] as const, [3, 0.18] as const, [4, 0.16] as const].map(([n, most]) => ({
    name: `top run of ${n} words`,
    what: "characters in the most frequent one",
    most,
    measure: ({ words, runs }: Text) => topRunShare(runs(n), words.lengths),
  })),
  ...[[5, 0.15] as const, [6, 0.14] as const, [7, 0.13] as const, [8, 0.12] as const, [9, 0.11] as const, [10, 0.1] as const].map(
    ([n, most]) => ({
      name: `repeated runs of ${n} words`,
      what: "characters in runs that were there before",
      most,
      runs: n,
      measure: ({ words, runs }: Text) => repeatedRunShare(runs(n), words.lengths),
    }),
  ),
];

/** A run of ten words that was there before holds runs of five that were: where those cover less than the strictest limit, longer ones do too. */
const strictestRunLimit = Math.min(...rules.flatMap(({ runs, most }) => (runs === undefined || most === undefined ? [] : [most])));

/** The first rule that the text fails. @param words of the text */
export function qualityFailure(text: string, words: Words, { minWords, languages }: QualityOptions): Failure | undefined {
  if (words.hashes.length < minWords) return { rule: "length", value: words.hashes.length, limit: `at least ${minWords} words` };
  const facts = factsOf(text, words);
  let shortestRuns = Number.POSITIVE_INFINITY;
  for (const rule of rules) {
    if (rule.runs !== undefined && shortestRuns <= strictestRunLimit) continue;
    const value = rule.measure(facts);
    if (value === undefined) continue;
    if (rule.runs !== undefined) shortestRuns = Math.min(shortestRuns, value);
    if (rule.least !== undefined && value < rule.least) return { rule: rule.name, value, limit: `at least ${rule.least}` };
    if (rule.most !== undefined && value > rule.most) return { rule: rule.name, value, limit: `at most ${rule.most}` };
  }
  return languages.length === 0 ? undefined : languageFailure(text, words, languages);
}

function factsOf(text: string, words: Words): Text {
  const lines = text.split("\n").filter((line) => line !== "");
  const runs = [runsOfOne(words.hashes)];
  return {
    ...{ text, words, lines },
    repeatedLines: repeatedPieces(lines),
    repeatedParagraphs: repeatedPieces(text.split(/\n\n+/)),
    runs: (n) => {
      while (runs.length < n) runs.push(longerRuns(runs.at(-1)!, words.hashes));
      return runs[n - 1];
    },
  };
}

function languageFailure(text: string, words: Words, languages: readonly string[]): Failure | undefined {
  const language = languageOf(text);
  if (!languages.includes(language)) return { rule: "language", value: language, limit: languages.join(" or ") };
  if (language !== "eng") return undefined;
  const found = new Set(words.hashes.filter((hash) => stopWords.has(hash))).size;
  return found < 2 ? { rule: "stop words", value: found, limit: "at least 2 of the, be, to, of, and, that, have, with" } : undefined;
}

function meanWordLength({ lengths }: Words): number | undefined {
  let [single, letters] = [0, 0];
  for (let i = 0; i < lengths.length; i++) {
    letters += lengths[i];
    if (lengths[i] === 1) single++;
  }
  // Chinese, Japanese, Thai and others: scanWords gives one word a character.
  return single > lengths.length / 2 ? undefined : letters / lengths.length;
}

function occurrences(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function shareOf(lines: readonly string[], pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length / Math.max(1, lines.length);
}
