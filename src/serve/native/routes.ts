// Our own paths, and llama.cpp's: what runs here, and on what; tokens; continuations of plain text.
import { Hono } from "hono";
import type { ChatPrompt } from "../../chat/answer.ts";
import { nativeChunks, nativeCompletion } from "../../wires/native/completion.ts";
import { readCompletionRequest } from "../../wires/native/completion-request.ts";
import { readRerankRequest, rerank } from "../../wires/native/rerank.ts";
import { detokenizeSchema, tokenizeSchema } from "../../wires/native/token-requests.ts";
import { readChatRequest } from "../../wires/openai/chat-request.ts";
import { parseRequest } from "../../wires/request.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { errorBody } from "../error-bodies.ts";
import { httpError } from "../http-error.ts";
import { SSE, sse, streamed } from "../stream.ts";
import { piecesWithModel, withModel } from "../use-model.ts";
import { propsOf } from "./props.ts";
import { slotsOf } from "./slots.ts";

export function nativeRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();

  for (const path of ["/completion", "/completions"]) {
    app.post(path, async (c) => {
      const request = readCompletionRequest(await readJson(c));
      const { model } = request;
      const signal = c.get("signal");
      if (!request.stream)
        return c.json(await withModel(c, context, model, (use) => nativeCompletion(use.answering, request, use.name, signal)));
      const chunks = piecesWithModel(c, context, model, (use) => nativeChunks(use.answering, request, use.name, signal));
      return streamed(c, SSE, asEvents(chunks), (error) => sse(errorBody("openai", httpError(error))));
    });
  }

  app.post("/tokenize", async (c) => {
    const { model, content, add_special, parse_special, with_pieces } = parseRequest(tokenizeSchema, await readJson(c));
    const options = { addSpecial: add_special, parseSpecial: parse_special };
    const signal = c.get("signal");
    return withModel(c, context, model, async (use) => {
      const [ids] = await use.call("tokenize", [[content], options], signal);
      if (!with_pieces) return c.json({ tokens: ids });
      const pieces = await use.call("pieces", [ids], signal);
      return c.json({ tokens: ids.map((id, i) => ({ id, piece: pieces[i] })) });
    });
  });

  app.post("/detokenize", async (c) => {
    const { model, tokens } = parseRequest(detokenizeSchema, await readJson(c));
    return withModel(c, context, model, async (use) => c.json({ content: await use.call("detokenize", [tokens], c.get("signal")) }));
  });

  app.post("/apply-template", async (c) => {
    const { model, request } = readChatRequest(await readJson(c));
    return withModel(c, context, model, async (use) => {
      const { text } = await use.applyTemplate(request.prompt as ChatPrompt, c.get("signal"));
      return c.json({ prompt: text });
    });
  });

  for (const path of ["/rerank", "/v1/rerank", "/reranking", "/v1/reranking"]) {
    app.post(path, async (c) => {
      const request = readRerankRequest(await readJson(c));
      return c.json(await withModel(c, context, request.model, (use) => rerank(use.answering, request, use.name, c.get("signal"))));
    });
  }

  app.get("/props", (c) => withModel(c, context, c.req.query("model"), async (use) => c.json(propsOf(context, use))));

  app.get("/slots", (c) => c.json(slotsOf(context, c.get("owner"))));

  app.get("/metrics", async (c) => {
    const { models, answers, metrics } = context;
    const { text, contentType } = await metrics.text({ loaded: models.loaded(), running: answers.running() });
    return c.body(text, 200, { "Content-Type": contentType });
  });

  return app;
}

async function* asEvents(chunks: AsyncGenerator<object, void>): AsyncGenerator<string, void> {
  for await (const chunk of chunks) yield sse(chunk);
}
