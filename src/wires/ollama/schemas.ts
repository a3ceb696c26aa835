// What Ollama's requests have in common. Names that it does not know it leaves out, and so do these schemas.
import * as v from "valibot";
import type { GenerateOptions } from "../../generate/generate.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import { eitherFormat } from "../either-format.ts";
import { MOST_ALTERNATIVES } from "../limits.ts";
import { withoutNulls } from "../without-nulls.ts";
import { keepAliveSchema } from "./keep-alive.ts";
import { generateOptions, optionsSchema } from "./options.ts";

export const modelName = v.pipe(v.string(), v.minLength(1, "expected the name of a model"));

/** The model sees nothing. */
export const noImages = v.nullish(v.pipe(v.array(v.unknown()), v.maxLength(0, "expected no images: the model reads text only")));

export const answerEntries = {
  model: modelName,
  stream: v.nullish(v.boolean()),
  format: v.nullish(v.union([v.literal(""), v.literal("json"), v.record(v.string(), v.unknown())], 'expected "json" or a JSON schema')),
  /** Ours: in the language of llama.cpp's grammars. */
  grammar: v.nullish(v.string()),
  think: v.nullish(v.union([v.boolean(), v.picklist(["low", "medium", "high", "max"])], 'expected true, false, "low", "medium" or "high"')),
  logprobs: v.nullish(v.boolean()),
  top_logprobs: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_ALTERNATIVES))),
  keep_alive: keepAliveSchema,
  options: optionsSchema,
} as const;

const answerSchema = v.object(answerEntries);

export function answerOptions({
  format,
  grammar,
  logprobs,
  top_logprobs,
  options,
}: v.InferOutput<typeof answerSchema>): Omit<GenerateOptions, "signal"> {
  return {
    ...generateOptions(options),
    ...withoutNulls({
      logprobs: logprobs ? (top_logprobs ?? 0) : undefined,
      format: eitherFormat(grammar, "format", formatOf(format)),
    }),
  };
}

function formatOf(given: "" | "json" | Record<string, unknown> | null | undefined): OutputFormat | undefined {
  if (!given) return undefined;
  return given === "json" ? { kind: "json" } : { kind: "schema", schema: given };
}

/** What a request asks for beside its prompt. */
export interface Asked {
  readonly model: string;
  /** By default yes. */
  readonly stream: boolean;
  /** Seconds. */
  readonly keepAlive: number | undefined;
  /** Tokens of context that are asked for. */
  readonly contextLength: number | undefined;
  readonly think: boolean | undefined;
}

/** @param keepAlive seconds */
export function askedIn({ model, stream, think, options }: v.InferOutput<typeof answerSchema>, keepAlive: number | undefined): Asked {
  return {
    model,
    stream: stream ?? true,
    keepAlive,
    contextLength: options?.num_ctx ?? undefined,
    think: think === undefined || think === null ? undefined : think !== false,
  };
}
