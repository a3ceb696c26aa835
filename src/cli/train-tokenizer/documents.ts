// Files as the documents that training reads: a text in parts that no word reaches over, or a field of each line of JSON.
import { FormatError, UsageError } from "../../errors.ts";
import { isJsonObject, type Json, parseStrictJson } from "../../formats/strict-json.ts";
import type { TextFile } from "./find-texts.ts";
import { openText, type ReadingWatch, STDIN } from "./read-text.ts";

/** Characters of a part. A text without line breaks is cut after the larger number, wherever that is. */
const PART = 1 << 20;
const LONGEST_PART = 1 << 24;
/** Characters of one line of JSON: a whole book has a few millions. */
const LONGEST_LINE = 1 << 27;

/** @param field of JSON lines, the one that holds the text; undefined: "text" in files that are called so, and all others are plain text */
export async function* documentsOf(files: readonly TextFile[], field: string | undefined, watch: ReadingWatch): AsyncGenerator<string> {
  for (const { path } of files) {
    const chunks = openText(path, watch);
    const isJson = field !== undefined || /\.(jsonl|ndjson)(\.gz)?$/i.test(path);
    yield* isJson ? textsOfLines(chunks, field ?? "text", path === STDIN ? "stdin" : path) : inParts(chunks);
  }
}

/** Each part ends with a line, and the next one begins with no white space: every way of cutting words cuts there. */
async function* inParts(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let held = "";
  let enough = PART;
  for await (const chunk of chunks) {
    held += chunk;
    if (held.length < enough) continue;
    const cut = lastStartOfLine(held);
    if (cut > 0) yield held.slice(0, cut);
    else if (held.length > LONGEST_PART) yield held;
    else {
      enough *= 2;
      continue;
    }
    held = cut > 0 ? held.slice(cut) : "";
    enough = PART;
  }
  if (held !== "") yield held;
}

function lastStartOfLine(text: string): number {
  for (let at = text.lastIndexOf("\n", text.length - 2); at > 0; at = text.lastIndexOf("\n", at - 1)) {
    if (/\S/.test(text[at + 1])) return at + 1;
  }
  return 0;
}

async function* textsOfLines(chunks: AsyncIterable<string>, field: string, name: string): AsyncGenerator<string> {
  let number = 0;
  let held = "";
  for await (const chunk of chunks) {
    const lines = (held + chunk).split("\n");
    held = lines.pop()!;
    if (held.length > LONGEST_LINE)
      throw new FormatError(`${name}: line ${number + lines.length + 1} has more than ${LONGEST_LINE} characters`);
    for (const line of lines) yield* textOf(line, ++number);
  }
  yield* textOf(held, number + 1);

  function* textOf(line: string, at: number): Generator<string> {
    if (line.trim() === "") return;
    const text = fieldOf(line, at);
    if (typeof text !== "string") {
      throw new UsageError(`${name}: line ${at} has no text in the field ${JSON.stringify(field)}: name the one that has it with --field`);
    }
    yield text;
  }

  function fieldOf(line: string, at: number): Json | undefined {
    let record: Json;
    try {
      record = parseStrictJson(line, 64);
    } catch (error) {
      throw new FormatError(`${name}: line ${at} is not JSON: ${(error as Error).message}`);
    }
    return isJsonObject(record) && Object.hasOwn(record, field) ? record[field] : undefined;
  }
}
