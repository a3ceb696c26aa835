// POST /api/embed and /api/embeddings: texts as vectors.
import * as v from "valibot";
import { MOST_TEXTS } from "../limits.ts";
import { listOf, textOr } from "../lists.ts";
import { parseRequest } from "../request.ts";
import { keepAliveSchema, keepAliveSeconds } from "./keep-alive.ts";
import { optionsSchema } from "./options.ts";
import { modelName } from "./schemas.ts";

const entries = { model: modelName, keep_alive: keepAliveSchema, options: optionsSchema } as const;

const embedSchema = v.object({
  ...entries,
  input: textOr(listOf(v.string(), MOST_TEXTS), "expected a text or a list of texts"),
  truncate: v.nullish(v.boolean()),
  dimensions: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

const embeddingsSchema = v.object({ ...entries, prompt: v.nullish(v.string()) });

export interface OllamaEmbedRequest {
  readonly model: string;
  /** None: the model is only loaded. */
  readonly inputs: readonly string[];
  /** Texts that are too long are cut; without it, they are refused. In Ollama they are cut unless the request says otherwise. */
  readonly truncate: boolean;
  readonly dimensions: number | undefined;
  /** Vectors have length 1. */
  readonly normalize: boolean;
  /** Seconds. */
  readonly keepAlive: number | undefined;
  /** Tokens of context that are asked for. */
  readonly contextLength: number | undefined;
}

/** @throws ParameterError */
export function readOllamaEmbed(body: unknown): OllamaEmbedRequest {
  const { model, input, truncate, dimensions, keep_alive, options } = parseRequest(embedSchema, body);
  return {
    model,
    inputs: typeof input === "string" ? [input].filter((text) => text !== "") : input,
    truncate: truncate ?? true,
    dimensions: dimensions ?? undefined,
    normalize: true,
    keepAlive: keepAliveSeconds(keep_alive),
    contextLength: options?.num_ctx ?? undefined,
  };
}

/** The older path: one text, and its vector as the model has it. @throws ParameterError */
export function readOllamaEmbeddings(body: unknown): OllamaEmbedRequest {
  const { model, prompt, keep_alive, options } = parseRequest(embeddingsSchema, body);
  return {
    model,
    inputs: prompt ? [prompt] : [],
    truncate: false,
    dimensions: undefined,
    normalize: false,
    keepAlive: keepAliveSeconds(keep_alive),
    contextLength: options?.num_ctx ?? undefined,
  };
}
