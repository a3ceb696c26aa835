// The normalizer of a tokenizer.json: what happens to a text before it is cut into words.

import { FormatError, UnsupportedError } from "../../errors.ts";
import { finish } from "../pauses.ts";
import { sentencePieceNormalizer } from "../sentencepiece/sentencepiece-normalizer.ts";
import { regexMatches } from "../split/regex-match.ts";
import { Spans } from "../split/split.ts";
import { booleanOf, type Field, fieldOf, isAbsent, shownValue, stringOf } from "./fields.ts";
import { type Step, stepsOf } from "./steps.ts";

/** What happens to a text; `first`: nothing was encoded before it. */
export type Normalize = (text: string, first: boolean) => string;

/** @returns undefined where there is nothing to do */
export function readNormalizer(field: Field): Normalize | undefined {
  return inTurn(stepsOf(field, "normalizers").map(readStep));
}

/** All of them, one after the other. */
export function inTurn(list: readonly Normalize[]): Normalize | undefined {
  if (list.length === 0) return undefined;
  return (text, first) => list.reduce((result, normalize) => normalize(result, first), text);
}

function readStep({ type, field }: Step): Normalize {
  switch (type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(type);
    case "Lowercase":
      return (text) => text.toLowerCase();
    case "Prepend": {
      const prefix = stringOf(fieldOf(field, "prepend"));
      return (text) => (text === "" ? "" : prefix + text);
    }
    case "Strip": {
      const left = booleanOf(fieldOf(field, "strip_left"), true);
      const right = booleanOf(fieldOf(field, "strip_right"), true);
      return (text) => stripSpace(text, left, right);
    }
    case "Precompiled":
      return readPrecompiled(field);
    case "Replace":
      return readReplace(field);
    default:
      throw new UnsupportedError(`${field.where} is a ${type}, which cria does not know`);
  }
}

/** Replaces every match of a literal text or of a pattern. */
export function readReplace(field: Field): (text: string) => string {
  const content = stringOf(fieldOf(field, "content"));
  const pattern = fieldOf(field, "pattern");
  const regex = fieldOf(pattern, "Regex");
  if (regex.value === undefined) {
    const literal = stringOf(fieldOf(pattern, "String"));
    return (text) => (literal === "" ? text : text.split(literal).join(content));
  }
  const matches = regexMatches(stringOf(regex));
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (text) => {
    const bytes = encoder.encode(text);
    const found = new Spans();
    finish(matches(bytes, 0, bytes.length, found));
    let result = "";
    let done = 0;
    for (let i = 0; i < found.length; i += 2) {
      result += decoder.decode(bytes.subarray(done, found.data[i])) + content;
      done = found.data[i + 1];
    }
    return result + decoder.decode(bytes.subarray(done));
  };
}

// SentencePiece's compiled rules in base64. (The tokenizers library looks a whole grapheme up first, SentencePiece the longest
// rule at each place; this is SentencePiece's way, which the models were trained with.)
function readPrecompiled(field: Field): Normalize {
  const base64 = fieldOf(field, "precompiled_charsmap");
  if (isAbsent(base64)) return (text) => text;
  let charsmap: Uint8Array;
  try {
    charsmap = Uint8Array.from(atob(stringOf(base64)), (char) => char.charCodeAt(0));
  } catch {
    throw new FormatError(`${base64.where} is ${shownValue(base64.value)}, expected base64`);
  }
  const spec = { charsmap, addDummyPrefix: false, removeExtraWhitespaces: false, escapeWhitespaces: false, treatWhitespaceAsSuffix: false };
  const normalize = sentencePieceNormalizer(spec, [], base64.where);
  return (text) => finish(normalize(text));
}

function stripSpace(text: string, left: boolean, right: boolean): string {
  const space = /\p{White_Space}/u;
  let start = 0;
  let end = text.length;
  if (left) while (start < end && space.test(text[start])) start++;
  if (right) while (end > start && space.test(text[end - 1])) end--;
  return text.slice(start, end);
}
