// Models in Anthropic's shape.
import * as v from "valibot";
import { ParameterError, parseRequest } from "../request.ts";
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

/** Which models a page of the list has: those behind one, or those before one, or the first ones. */
const pageSchema = v.object({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.digits("expected a whole number from 1 to 1000"),
      v.transform(Number),
      v.minValue(1),
      v.maxValue(1000, "expected a whole number from 1 to 1000"),
    ),
    "20",
  ),
  after_id: v.optional(v.string()),
  before_id: v.optional(v.string()),
});

/** @param query as it came @throws ParameterError */
export function anthropicModelPage(names: readonly string[], query: Readonly<Record<string, string>>): object {
  const { limit, after_id, before_id } = parseRequest(pageSchema, query);
  if (after_id !== undefined && before_id !== undefined)
    throw new ParameterError("before_id was given with after_id: leave one of them out", "before_id");
  const placeOf = (id: string, parameter: string): number => {
    const place = names.indexOf(id);
    if (place < 0) throw new ParameterError(`${parameter} names a model that there is not: expected one of this list`, parameter);
    return place;
  };
  const end = before_id === undefined ? names.length : placeOf(before_id, "before_id");
  const start = after_id === undefined ? 0 : placeOf(after_id, "after_id") + 1;
  // Backwards a page is what stands right before the one that is named.
  const page = before_id === undefined ? names.slice(start, start + limit) : names.slice(Math.max(0, end - limit), end);
  return {
    data: page.map(anthropicModel),
    has_more: page.length < end - start,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  };
}
