// Anthropic's paths.
import { Hono } from "hono";
import { message, messageEvents } from "../../wires/anthropic/messages.ts";
import { readCountTokens, readMessagesRequest } from "../../wires/anthropic/messages-request.ts";
import { anthropicModel, anthropicModelPage } from "../../wires/anthropic/models.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { errorBody } from "../error-bodies.ts";
import { httpError } from "../http-error.ts";
import { SSE, sse, streamed } from "../stream.ts";
import { type ModelInUse, piecesWithModel, withModel } from "../use-model.ts";

export function anthropicRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();

  app.post("/v1/messages", async (c) => {
    const { model, stream, ...request } = readMessagesRequest(await readJson(c));
    const signal = c.get("signal");
    if (!stream) return c.json(await withModel(c, context, model, (use) => message(use.answering, request, model, signal)));
    const pieces = async function* (use: ModelInUse): AsyncGenerator<string, void> {
      for await (const event of messageEvents(use.answering, request, model, signal)) {
        yield sse(event, event.type);
        if (event.type === "message_start") yield sse({ type: "ping" }, "ping");
      }
    };
    const onError = (error: unknown): string => sse(errorBody("anthropic", httpError(error), c.get("requestId")), "error");
    return streamed(c, SSE, piecesWithModel(c, context, model, pieces), onError);
  });

  app.post("/v1/messages/count_tokens", async (c) => {
    const { model, prompt } = readCountTokens(await readJson(c));
    const { ids } = await withModel(c, context, model, (use) => use.applyTemplate(prompt, c.get("signal")));
    return c.json({ input_tokens: ids.length });
  });

  // OpenAI's clients ask at the same address; Anthropic's say which version of theirs they mean.
  app.get("/v1/models", async (c, next) => {
    if (c.req.header("anthropic-version") === undefined) return next();
    const names = (await context.models.known()).map(({ name }) => name);
    return c.json(anthropicModelPage(names, c.req.query()));
  });

  app.get("/v1/models/:name{.+}", async (c, next) => {
    if (c.req.header("anthropic-version") === undefined) return next();
    const { name } = await context.models.find(c.req.param("name"));
    return c.json(anthropicModel(name));
  });

  return app;
}
