// Where a JSON value ends in a text that is still coming, by the grammar of RFC 8259 and nothing beside it: one pass, letter by letter.

export type JsonState = "more" | "done" | "wrong";

export interface JsonScanner {
  /** Takes the next letter (a UTF-16 unit). After "done" or "wrong" nothing may come. */
  push(letter: string): JsonState;
  /** Objects and arrays that are open. */
  readonly depth: number;
}

/** Deeper values are none: JSON.parse would take them, but whoever reads the answer might not. */
const MAX_DEPTH = 256;

const space = /[ \t\n\r]/;
const words: Readonly<Record<string, string>> = { t: "rue", f: "alse", n: "ull" };

/** What may come next, beside white space. */
type Expected =
  | "value"
  /** After `[`. */
  | "value or ]"
  /** After `{`. */
  | "key or }"
  | "key"
  | ":"
  | ", or end"
  | "string"
  | "escape"
  | "number"
  | "word";

/** A value that is an object or an array: a number at the end of a text could always go on. Leading white space is allowed. */
export function createJsonScanner(): JsonScanner {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  /** Letters of a word or hexadecimal digits of an escape that have to come. */
  let rest = "";
  let isKey = false;
  let number = "";

  const close = (bracket: string): JsonState => {
    if (!((bracket === "}" && open.pop() === "{") || (bracket === "]" && open.pop() === "["))) return "wrong";
    expected = ", or end";
    return open.length === 0 ? "done" : "more";
  };
  const begin = (letter: string): JsonState => {
    if (letter === "{" || letter === "[") {
      if (open.length === MAX_DEPTH) return "wrong";
      open.push(letter);
      expected = letter === "{" ? "key or }" : "value or ]";
    } else if (open.length === 0) {
      return "wrong";
    } else if (letter === '"') {
      expected = "string";
      isKey = false;
    } else if (letter in words) {
      expected = "word";
      rest = words[letter];
    } else if (/[-0-9]/.test(letter)) {
      expected = "number";
      number = letter;
    } else {
      return "wrong";
    }
    return "more";
  };
  const inString = (letter: string): JsonState => {
    if (rest !== "") {
      rest = rest.slice(1);
      return /[0-9a-fA-F]/.test(letter) ? "more" : "wrong";
    }
    if (letter === "\\") expected = "escape";
    else if (letter === '"') expected = isKey ? ":" : ", or end";
    return letter < " " ? "wrong" : "more";
  };

  const push = (letter: string): JsonState => {
    switch (expected) {
      case "string":
        return inString(letter);
      case "escape":
        expected = "string";
        if (letter === "u") rest = "0000";
        return '"\\/bfnrtu'.includes(letter) ? "more" : "wrong";
      case "word": {
        const right = letter === rest[0];
        rest = rest.slice(1);
        if (rest === "") expected = ", or end";
        return right ? "more" : "wrong";
      }
      case "number":
        if (/[-+.eE0-9]/.test(letter)) {
          number += letter;
          return /^-?(?:$|0|[1-9]\d*)(?:(?<=\d)\.\d*)?(?:(?<=\d)[eE][-+]?\d*)?$/.test(number) ? "more" : "wrong";
        }
        if (!/\d$/.test(number)) return "wrong";
        expected = ", or end";
        break;
    }
    if (space.test(letter)) return "more";
    switch (expected) {
      case "value":
        return begin(letter);
      case "value or ]":
        return letter === "]" ? close(letter) : begin(letter);
      case "key or }":
      case "key":
        if (letter === "}" && expected === "key or }") return close(letter);
        expected = "string";
        isKey = true;
        return letter === '"' ? "more" : "wrong";
      case ":":
        expected = "value";
        return letter === ":" ? "more" : "wrong";
      default: // ", or end"
        if (letter !== ",") return close(letter);
        expected = open[open.length - 1] === "{" ? "key" : "value";
        return "more";
    }
  };
  return {
    push,
    get depth() {
      return open.length;
    },
  };
}
