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

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Walks over strings and brackets; text that is not JSON at all may pass here, JSON.parse catches it. */
function checkStructure(text: string, maxDepth: number): void {
  const open: (Set<string> | undefined)[] = []; // the keys of each object around the place; arrays have none
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [part, colon] = match;
    if (part === "{") open.push(new Set());
    else if (part === "[") open.push(undefined);
    else if (part === "}" || part === "]") open.pop();
    else if (colon !== undefined) addKey(open.at(-1), part.slice(0, -colon.length), match.index);
    if (open.length > maxDepth) throw new SyntaxError(`nests more than ${maxDepth} deep at character ${match.index}`);
  }
}

function addKey(keys: Set<string> | undefined, literal: string, index: number): void {
  const key: string = JSON.parse(literal); // escapes: "\u0061" is "a"
  if (keys?.has(key)) throw new SyntaxError(`key ${literal} is there twice, again at character ${index}`);
  keys?.add(key);
}
