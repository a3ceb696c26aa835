// OpenAI's paths.
import { type Context, Hono } from "hono";
import { chatChunks, chatCompletion } from "../../wires/openai/chat.ts";
import { readChatRequest } from "../../wires/openai/chat-request.ts";
import { readCompletionRequest } from "../../wires/openai/completion-request.ts";
import { completion, completionChunks } from "../../wires/openai/completions.ts";
import { embeddingList, readEmbeddingRequest } from "../../wires/openai/embeddings.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { errorBody } from "../error-bodies.ts";
import { httpError } from "../http-error.ts";
import { SSE, sse, streamed } from "../stream.ts";
import { piecesWithModel, withModel } from "../use-model.ts";
import { modelRoutes } from "./model-routes.ts";
import { responseRoutes } from "./response-routes.ts";

export function openAiRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();

  app.post("/v1/chat/completions", async (c) => {
    const request = readChatRequest(await readJson(c));
    const { model } = request;
    const signal = c.get("signal");
    if (!request.stream)
      return c.json(await withModel(c, context, model, (use) => chatCompletion(use.answering, request, use.name, signal)));
    return openAiStream(
      c,
      piecesWithModel(c, context, model, (use) => chatChunks(use.answering, request, use.name, signal)),
    );
  });

  app.post("/v1/completions", async (c) => {
    const request = readCompletionRequest(await readJson(c));
    const { model } = request;
    const signal = c.get("signal");
    if (!request.stream) return c.json(await withModel(c, context, model, (use) => completion(use.answering, request, use.name, signal)));
    return openAiStream(
      c,
      piecesWithModel(c, context, model, (use) => completionChunks(use.answering, request, use.name, signal)),
    );
  });

  app.post("/v1/embeddings", async (c) => {
    const request = readEmbeddingRequest(await readJson(c));
    return c.json(await withModel(c, context, request.model, (use) => embeddingList(use.answering, request, use.name, c.get("signal"))));
  });

  app.route("/", responseRoutes(context));
  app.route("/", modelRoutes(context));

  return app;
}

/** Chunks as server-sent events, with [DONE] at the end. */
async function openAiStream(c: Context<Env>, chunks: AsyncGenerator<unknown, void>): Promise<Response> {
  const pieces = async function* (): AsyncGenerator<string, void> {
    for await (const chunk of chunks) yield sse(chunk);
    yield sse("[DONE]");
  };
  return streamed(c, SSE, pieces(), (error) => sse(errorBody("openai", httpError(error))));
}
