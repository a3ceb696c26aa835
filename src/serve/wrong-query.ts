// A parameter behind the question mark that is wrong.
import { shown } from "../wires/request.ts";
import { HttpError } from "./http-error.ts";

export function wrongQuery(name: string, given: string, expected: string): HttpError {
  return new HttpError(400, "invalid_request", `${name} is ${shown(given)}: expected ${expected}`, { parameter: name });
}
