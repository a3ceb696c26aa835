// The fixed words of calls as tokens: what stands before and behind the arguments when a call is enforced.
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Mark } from "../marks.ts";
import type { Tool } from "../messages.ts";
import type { CallFamily } from "../tool-calls/call-format.ts";

export interface CallWords {
  /** From the mark to the first letters of the arguments, `begun(tool)`. @param first of an answer */
  head(tool: Tool, first: boolean): number[];
  /** From the end of the arguments to where another call or the end of the answer may come. */
  readonly tail: readonly number[];
  /** The ways to end an answer after a call; none for a model without end tokens. */
  readonly ends: readonly (readonly number[])[];
}

export function callWords(tokenizer: Tokenizer, family: CallFamily): CallWords {
  const encode = (text: string): number[] => (text === "" ? [] : tokenizer.encode(text));
  /** Marks may be special tokens. */
  const withMark = (before: string, mark: Mark, after: string): number[] => {
    const id = tokenizer.specialTokens.get(mark);
    return id === undefined ? encode(before + mark + after) : [...encode(before), id, ...encode(after)];
  };
  const json = (tool: Tool, key: string): string => `{"name": ${JSON.stringify(tool.function.name)}, "${key}": ${begun(tool)}`;
  const endIds = Array.from(tokenizer.endIds, (id) => [id]);
  switch (family) {
    case "hermes":
      return {
        head: (tool, first) => withMark(first ? "" : "\n", "<tool_call>", `\n${json(tool, "arguments")}`),
        tail: withMark("}\n", "</tool_call>", ""),
        ends: endIds,
      };
    case "llama":
      return { head: (tool, first) => encode((first ? "" : "; ") + json(tool, "parameters")), tail: encode("}"), ends: endIds };
    case "mistral":
      return {
        head: (tool, first) =>
          first ? withMark("", "[TOOL_CALLS]", ` [${json(tool, "arguments")}`) : encode(`, ${json(tool, "arguments")}`),
        tail: encode("}"),
        ends: endIds.map((end) => [...encode("]"), ...end]),
      };
    case "mistral-args":
      return {
        head: (tool) => [...withMark("", "[TOOL_CALLS]", tool.function.name), ...withMark("", "[ARGS]", begun(tool))],
        tail: [],
        ends: endIds,
      };
  }
}

/** How the arguments begin, whatever they will be: tokens that hold a bracket and a quote together are what models know. */
export function begun({ function: { parameters } }: Tool): string {
  return Array.isArray(parameters?.required) && parameters.required.length > 0 ? '{"' : "{";
}
