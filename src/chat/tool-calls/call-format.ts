// How a model writes calls of functions, found in its chat template.

/**
 * "llama": the whole answer is `{"name": ..., "parameters": {...}}`, or that or `name.call(key="value")` behind `<|python_tag|>`.
 * "hermes": `<tool_call>{"name": ..., "arguments": {...}}</tool_call>` anywhere, also Qwen's.
 * "mistral": `[TOOL_CALLS] [{"name": ..., "arguments": {...}}]`.
 * "mistral-args": `[TOOL_CALLS]name[ARGS]{...}`, of Mistral's tokenizers from version 11 on.
 */
export type CallFamily = "llama" | "hermes" | "mistral" | "mistral-args";

export interface CallFormat {
  readonly family: CallFamily;
  /** The template itself shows tools and calls. Otherwise messages have to carry them: plain-tools.ts. */
  readonly native: boolean;
}

/**
 * A template that does not know tools, or has calls written in a way that cria does not read, gets Hermes' form by messages.
 *
 * @param template Jinja source
 */
export function callFormatOf(template: string): CallFormat {
  const has = (text: string): boolean => template.includes(text);
  if (has("[TOOL_CALLS]")) return { family: has("[ARGS]") ? "mistral-args" : "mistral", native: true };
  // Others put XML within the same mark: Qwen3-Coder's <function=, GLM's <arg_key>.
  if (has("<tool_call>") && !has("<function=") && !has("<arg_key>")) return { family: "hermes", native: true };
  if (has("<|start_header_id|>") && has('"parameters": ') && has("tool_calls")) return { family: "llama", native: true };
  return { family: "hermes", native: false };
}
