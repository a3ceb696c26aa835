// JSONL: one object a line, one document an object, its text in one field.
import { FormatError } from "../../../errors.ts";
import { quote } from "../../../formats/quote.ts";
import { isJsonObject, type Json } from "../../../formats/strict-json.ts";
import { decodeText } from "./decode-text.ts";
import type { Line } from "./read-lines.ts";

/** Of the names of fields that a message lists. */
const mostNames = 10;

export interface JsonlText {
  readonly text: string;
  /** Of the line, from 1 on. */
  readonly number: number;
}

/** Empty lines are passed over. @param name of the file, for messages @throws FormatError for a line that is no object with that field, or not UTF-8 */
export async function* readJsonl(lines: AsyncIterable<Line>, field: string, name: string): AsyncGenerator<JsonlText> {
  for await (const line of lines) {
    const json = decodeText(line.bytes, name, line.offset);
    if (json.trim() === "") continue;
    const place = `${name}: byte ${line.offset}: line ${line.number}`;
    yield { text: textIn(parse(json, place), field, place), number: line.number };
  }
}

function parse(json: string, place: string): Json {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new FormatError(`${place} is not JSON: ${quote(json)}: mend the line or take it out`, { cause });
  }
}

function textIn(value: Json, field: string, place: string): string {
  if (!isJsonObject(value)) throw new FormatError(`${place} is ${shown(value)}, expected an object with a text in a field`);
  const text = Object.hasOwn(value, field) ? value[field] : undefined;
  if (typeof text === "string") return text;
  if (text === undefined) throw missingField(place, field, Object.keys(value));
  throw new FormatError(`${place}: field ${quote(field)} holds ${shown(text)}, expected a text`);
}

/** What is no text. Arrays and objects may be nested deeper than JSON.stringify can go. */
function shown(value: Json): string {
  if (Array.isArray(value)) return "an array";
  if (isJsonObject(value)) return "an object";
  return typeof value === "string" ? quote(value) : String(value);
}

/** @param names of the fields that are there */
export function missingField(place: string, field: string, names: readonly string[]): FormatError {
  const listed = names.slice(0, mostNames).map(quote).join(", ") + (names.length > mostNames ? ", ..." : "");
  return new FormatError(`${place} has no field ${quote(field)}, but ${listed || "none at all"}: name the one with the text by --field`);
}
