// Models in Anthropic's shape.
import type { AnthropicModel } from "./message-types.ts";

export function anthropicModel(name: string): AnthropicModel {
  return {
    type: "model",
    id: name,
    display_name: name,
    created_at: new Date(0).toISOString(), // what Anthropic gives where the day is not known
    lifecycle: "active",
    capabilities: null,
    deprecated_at: null,
    retires_at: null,
    line: null,
    max_input_tokens: null,
    max_tokens: null,
  };
}

/** All on one page. */
export function anthropicModelPage(names: readonly string[]): object {
  return { data: names.map(anthropicModel), has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null };
}
