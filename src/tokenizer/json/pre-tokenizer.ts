// The pre-tokenizer of a tokenizer.json: how a normalized text is cut into words. Two of its steps also change the text
// (ByteLevel's prefix space, Metaspace); cria does that before any cutting and refuses files that want it afterwards.

import { FormatError, UnsupportedError } from "../../errors.ts";
import { withPrefixSpace } from "../bpe/byte-bpe.ts";
import { regexMatches } from "../split/regex-match.ts";
import { literalMatches, type MatchBehavior, type Split, sequence, splitAtMatches } from "../split/split.ts";
import { splitAtPattern } from "../split/split-patterns.ts";
import { splitDigits, splitGpt2 } from "../split/word-scanners.ts";
import { booleanOf, type Field, fieldOf, isAbsent, shownValue, stringOf } from "./fields.ts";
import type { Normalize } from "./normalizer.ts";
import { type Step, stepsOf } from "./steps.ts";

interface PreTokenizer {
  /** What happens to the text first. */
  readonly normalize: readonly Normalize[];
  readonly split: Split;
  /** The vocabulary is in the byte alphabet. */
  readonly byteLevel: boolean;
}

interface Stage {
  readonly normalize?: Normalize;
  readonly split?: Split;
}

// Rust's char::is_ascii_punctuation or Unicode punctuation.
const punctuation = String.raw`[\p{P}$+<=>^\x60|~]`;
const behaviors: readonly string[] = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] satisfies MatchBehavior[];

export function readPreTokenizer(field: Field): PreTokenizer {
  const steps = stepsOf(field, "pretokenizers");
  const stages = steps.map(readStep);
  const firstCut = stages.findIndex(({ split }) => split);
  const late = stages.findIndex(({ normalize }, i) => normalize && firstCut !== -1 && i > firstCut);
  if (late !== -1)
    throw new UnsupportedError(
      `${steps[late].field.where} (${steps[late].type}) changes a text that is cut already, which cria does not do`,
    );
  return {
    normalize: stages.flatMap(({ normalize }) => normalize ?? []),
    split: sequence(stages.flatMap(({ split }) => split ?? [])),
    byteLevel: steps.some(({ type }) => type === "ByteLevel"),
  };
}

function readStep({ type, field }: Step): Stage {
  switch (type) {
    case "ByteLevel": {
      const prefix = booleanOf(fieldOf(field, "add_prefix_space"), true);
      return {
        normalize: prefix ? withPrefixSpace : undefined,
        split: booleanOf(fieldOf(field, "use_regex"), true) ? splitGpt2 : undefined,
      };
    }
    case "Split":
      return { split: readSplit(field) };
    case "Digits":
      return { split: booleanOf(fieldOf(field, "individual_digits"), false) ? splitDigits : splitAtPattern(String.raw`\p{N}+`) };
    case "Punctuation":
      return { split: splitAtMatches(regexMatches(punctuation), behaviorOf(field, "Isolated")) };
    case "Whitespace":
      return { split: splitAtPattern(String.raw`\w+|[^\w\s]+`, "Removed", true) };
    case "WhitespaceSplit":
      return { split: splitAtPattern(String.raw`\s+`, "Removed") };
    case "Metaspace":
      return readMetaspace(field);
    default:
      throw new UnsupportedError(`${field.where} is a ${type}, which cria does not know`);
  }
}

function readSplit(field: Field): Split {
  const behavior = behaviorOf(field);
  const invert = booleanOf(fieldOf(field, "invert"), false);
  const pattern = fieldOf(field, "pattern");
  const regex = fieldOf(pattern, "Regex");
  if (regex.value !== undefined) return splitAtPattern(stringOf(regex), behavior, invert);
  const literal = stringOf(fieldOf(pattern, "String"));
  if (literal === "") throw new FormatError(`${pattern.where}.String is empty, expected a text to split at`);
  return splitAtMatches(literalMatches(literal), behavior, invert);
}

function behaviorOf(field: Field, absent?: MatchBehavior): MatchBehavior {
  const named = fieldOf(field, "behavior");
  if (absent && isAbsent(named)) return absent;
  const behavior = stringOf(named);
  if (!behaviors.includes(behavior))
    throw new FormatError(`${named.where} is ${shownValue(behavior)}, expected one of ${behaviors.join(", ")}`);
  return behavior as MatchBehavior;
}

function readMetaspace(field: Field): Stage {
  const blank = isAbsent(fieldOf(field, "replacement")) ? "\u2581" : stringOf(fieldOf(field, "replacement"));
  const scheme = metaspaceScheme(field);
  const normalize: Normalize = (text, first) => {
    const joined = text.split(" ").join(blank);
    const prefix = scheme === "always" || (scheme === "first" && first);
    return prefix && joined !== "" && !joined.startsWith(blank) ? blank + joined : joined;
  };
  const cuts = booleanOf(fieldOf(field, "split"), true);
  return { normalize, split: cuts ? splitAtMatches(literalMatches(blank), "MergedWithNext") : undefined };
}

/** Where Metaspace puts a blank before a text: always, first (only before the very first), never. */
export function metaspaceScheme(field: Field): string {
  const scheme = fieldOf(field, "prepend_scheme");
  if (isAbsent(scheme)) return booleanOf(fieldOf(field, "add_prefix_space"), true) ? "always" : "never";
  const given = stringOf(scheme);
  if (!["always", "first", "never"].includes(given))
    throw new FormatError(`${scheme.where} is ${shownValue(given)}, expected always, first or never`);
  return given;
}
