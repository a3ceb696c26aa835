// A grammar as a parameter of its own, in wires that have it beside another way to say what an answer has to be.
import type { OutputFormat } from "../generate/output-format.ts";
import { ParameterError } from "./request.ts";

/**
 * @param grammar an empty one is none
 * @param name    how the wire calls the other way
 * @throws ParameterError where both are given
 */
export function eitherFormat(grammar: string | null | undefined, name: string, other: OutputFormat | undefined): OutputFormat | undefined {
  if (!grammar) return other;
  if (other) throw new ParameterError(`grammar was given with ${name}: leave one of them out`, "grammar");
  return { kind: "grammar", grammar };
}
