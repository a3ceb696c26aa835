import { isJsonObject } from "../../formats/strict-json.ts";

/** The arguments of a call, from their text. Undefined where that is not the JSON of an object: half of a call, which was cut off, is none. */
export function parsedArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
