// JSON by strangers. JSON.parse lets the last of two equal keys win and recurses as deep as the text nests; both are refused before it sees the text.
// Everything else, from numbers to escapes, is left to JSON.parse.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** Own properties only, "__proto__" too: read it with Object.entries, or Object.hasOwn before an index. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** @throws SyntaxError that says what is wrong and at which character */
export function parseStrictJson(text: string, maxDepth: number): Json {
  checkStructure(text, maxDepth);
  return JSON.parse(text);
}

/** Of plain data: neither null nor a list. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Walks over strings and brackets in one pass; text that is not JSON at all may get through, JSON.parse catches it. */
function checkStructure(text: string, maxDepth: number): void {
  const open: (Set<string> | undefined)[] = []; // the keys of each object around the place; arrays have none
  const structure = /["{}[\]:]/g;
  let literal = ""; // the last string: what stands before a colon is a key
  for (let match = structure.exec(text); match; match = structure.exec(text)) {
    const { index } = match;
    switch (match[0]) {
      case '"':
        structure.lastIndex = stringEnd(text, index);
        literal = text.slice(index, structure.lastIndex);
        break;
      case ":":
        addKey(open.at(-1), literal, index);
        break;
      case "{":
        open.push(new Set());
        break;
      case "[":
        open.push(undefined);
        break;
      default:
        open.pop();
    }
    if (open.length > maxDepth) throw new SyntaxError(`nests more than ${maxDepth} deep at character ${index}`);
  }
}

/** Behind the closing quote of the string that begins at `start`: the first quote after an even number of backslashes. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  throw new SyntaxError(`the JSON string that begins at character ${start} does not end`);
}

function addKey(keys: Set<string> | undefined, literal: string, colon: number): void {
  if (keys === undefined) return; // not JSON, or not in an object
  const key: string = JSON.parse(literal); // escapes: "\u0061" is "a"
  if (keys.has(key)) throw new SyntaxError(`key ${literal} is there twice, again before character ${colon}`);
  keys.add(key);
}
