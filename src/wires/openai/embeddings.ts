// POST /v1/embeddings: texts as vectors.
import * as v from "valibot";
import type { Embedding } from "../../chat/answer.ts";
import { MOST_TEXTS } from "../limits.ts";
import { parseRequest } from "../request.ts";
import { count, maybe, textsOrIds, textsOrIdsOf } from "./schemas.ts";

const embeddingSchema = v.strictObject({
  model: v.optional(v.string()),
  input: textsOrIds(MOST_TEXTS),
  encoding_format: maybe(v.picklist(["float", "base64"])),
  dimensions: maybe(count(1)),
  user: maybe(v.string()),
});

export type EmbeddingParams = v.InferInput<typeof embeddingSchema>;

export interface EmbeddingRequest {
  /** Undefined: the default one. */
  readonly model: string | undefined;
  readonly inputs: readonly (string | readonly number[])[];
  readonly dimensions: number | undefined;
  readonly base64: boolean;
}

export interface EmbeddingList<Vector = number[] | string> {
  object: "list";
  model: string;
  data: { object: "embedding"; index: number; embedding: Vector }[];
  usage: { prompt_tokens: number; total_tokens: number };
}

/** @throws ParameterError */
export function readEmbeddingRequest(body: unknown): EmbeddingRequest {
  const { model, input, dimensions, encoding_format } = parseRequest(embeddingSchema, body);
  return { model, inputs: textsOrIdsOf(input), dimensions: dimensions ?? undefined, base64: encoding_format === "base64" };
}

/** @param name of the model, as the answer tells it */
export async function embeddingList(
  model: Embedding,
  { inputs, dimensions, base64 }: EmbeddingRequest,
  name: string,
  signal?: AbortSignal,
): Promise<EmbeddingList> {
  const { embeddings, promptTokens } = await model.embed(inputs, { ...(dimensions === undefined ? {} : { dimensions }), signal });
  return {
    object: "list",
    model: name,
    data: embeddings.map((vector, index) => ({ object: "embedding", index, embedding: base64 ? base64Of(vector) : [...vector] })),
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
}

/** Little-endian float32. */
function base64Of(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * vector.length));
  vector.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  let binary = "";
  for (const byte of new Uint8Array(view.buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
