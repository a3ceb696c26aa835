// A parameter behind the question mark that is wrong.
import { HttpError } from "./http-error.ts";

export function wrongQuery(name: string, given: string, expected: string): HttpError {
  return new HttpError(400, "invalid_request", `${name} is ${shown(given)}: expected ${expected}`, { parameter: name });
}

/** One that nobody would write only in part. */
function shown(given: string): string {
  return given.length <= 64 ? JSON.stringify(given) : `a text of ${given.length} characters`;
}
