// POST /rerank: which documents are about a query, in the shape of Jina and llama.cpp. No model of cria's is a reranker: what is compared are embeddings, by
// their cosine, and the answer says so.
import * as v from "valibot";
import type { Embedding } from "../../chat/answer.ts";
import { MOST_TEXTS } from "../limits.ts";
import { listOf } from "../lists.ts";
import { ParameterError, parseRequest } from "../request.ts";

const document = v.union([v.string(), v.object({ text: v.string() })], "expected a text, or { text }");

const schema = v.object({
  model: v.optional(v.string()),
  query: v.string(),
  documents: listOf(document, MOST_TEXTS, 1),
  top_n: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  return_documents: v.optional(v.boolean(), false),
});

export interface RerankRequest {
  readonly model: string | undefined;
  readonly query: string;
  readonly documents: readonly string[];
  /** How many of the best are told. */
  readonly count: number;
  readonly returnDocuments: boolean;
}

/** @throws ParameterError */
export function readRerankRequest(body: unknown): RerankRequest {
  // llama.cpp and text-embeddings-inference call them so.
  const { texts, ...rest } = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const given = parseRequest(schema, texts === undefined ? body : { documents: texts, ...rest });
  const documents = given.documents.map((each) => (typeof each === "string" ? each : each.text));
  const empty = [given.query, ...documents].indexOf("");
  if (empty >= 0) {
    const place = empty === 0 ? "query" : `documents[${empty - 1}]`;
    throw new ParameterError(`${place} is an empty text: there is nothing to compare`, place);
  }
  return {
    model: given.model,
    query: given.query,
    documents,
    count: given.top_n ?? documents.length,
    returnDocuments: given.return_documents,
  };
}

/** The best first. */
export async function rerank(
  answering: Embedding,
  { query, documents, count, returnDocuments }: RerankRequest,
  model: string,
  signal?: AbortSignal,
): Promise<object> {
  const { embeddings, promptTokens } = await answering.embed([query, ...documents], { signal });
  const [asked, ...vectors] = embeddings;
  const scored = vectors.map((vector, index) => ({ index, relevance_score: cosine(asked, vector) }));
  scored.sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index);
  return {
    object: "list",
    model,
    method: "cosine of embeddings: this model is no reranker",
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    results: scored.slice(0, count).map((each) => (returnDocuments ? { ...each, document: { text: documents[each.index] } } : each)),
  };
}

/** Of vectors of length 1. */
function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
