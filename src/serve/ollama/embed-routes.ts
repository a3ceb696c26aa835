// Ollama's /api/embed and /api/embeddings.
import { type Context, Hono } from "hono";
import { nanoseconds } from "../../wires/ollama/answer-parts.ts";
import { type OllamaEmbedRequest, readOllamaEmbed, readOllamaEmbeddings } from "../../wires/ollama/embed.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { type ModelInUse, withModel } from "../use-model.ts";

interface Vectors {
  readonly embeddings: readonly Float32Array[];
  readonly promptTokens: number;
  /** By performance.now(). */
  readonly loaded: number;
}

export function embedRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();

  app.post("/api/embed", async (c) => {
    const arrived = performance.now();
    const request = readOllamaEmbed(await readJson(c));
    const { embeddings, promptTokens, loaded } = await vectorsOf(c, context, request);
    return c.json({
      model: request.model,
      embeddings: embeddings.map((vector) => [...vector]),
      total_duration: nanoseconds(performance.now() - arrived),
      load_duration: nanoseconds(loaded - arrived),
      prompt_eval_count: promptTokens,
    });
  });

  app.post("/api/embeddings", async (c) => {
    const { embeddings } = await vectorsOf(c, context, readOllamaEmbeddings(await readJson(c)));
    return c.json({ embedding: [...(embeddings[0] ?? [])] });
  });

  return app;
}

async function vectorsOf(c: Context<Env>, context: ServerContext, request: OllamaEmbedRequest): Promise<Vectors> {
  const { model, inputs, truncate, dimensions, normalize } = request;
  const signal = c.get("signal");
  const work = async (use: ModelInUse): Promise<Vectors> => {
    const loaded = performance.now();
    if (inputs.length === 0) return { embeddings: [], promptTokens: 0, loaded };
    const texts = truncate ? await cut(use, inputs, signal) : inputs;
    return { ...(await use.answering.embed(texts, { dimensions, normalize, signal })), loaded };
  };
  return withModel(c, context, model, work, request);
}

/** As much of each text as the context holds, in ids. */
function cut({ call, facts }: ModelInUse, texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]> {
  return call("tokenize", [texts, { addSpecial: true, parseSpecial: false, most: facts.contextLength }], signal);
}
