// OpenAI's newer path, which remembers what it answered: for this process only, each owner for himself.
import { type Context, Hono } from "hono";
import { createResponseMemories, type KeptResponse, type ResponseMemory } from "../../wires/openai/response-memory.ts";
import { readResponseRequest } from "../../wires/openai/response-request.ts";
import type { ResponseObject, ResponseStreamEvent } from "../../wires/openai/response-types.ts";
import { failure, response, responseEvents } from "../../wires/openai/responses.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { HttpError, httpError } from "../http-error.ts";
import { SSE, sse, streamed } from "../stream.ts";
import { piecesWithModel, withModel } from "../use-model.ts";
import { wrongQuery } from "../wrong-query.ts";

export function responseRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();
  const memories = createResponseMemories();
  const memoryOf = (c: Context<Env>): ResponseMemory => memories.of(c.get("owner"));
  const find = (c: Context<Env>): KeptResponse => {
    const id = c.req.param("id")!;
    const kept = memoryOf(c).find(id);
    if (!kept) throw new HttpError(404, "not_found", `there is no response ${JSON.stringify(id)} (any more)`);
    return kept;
  };

  app.post("/v1/responses", async (c) => {
    const memory = memoryOf(c);
    const request = readResponseRequest(await readJson(c), memory);
    const { model } = request;
    const signal = c.get("signal");
    if (!request.stream)
      return c.json(await withModel(c, context, model, (use) => response(use.answering, memory, request, use.name, signal)));
    return eventStream(
      c,
      piecesWithModel(c, context, model, (use) => responseEvents(use.answering, memory, request, use.name, signal)),
    );
  });

  app.post("/v1/responses/input_tokens", async (c) => {
    const { model, request } = readResponseRequest(await readJson(c), memoryOf(c));
    const { tokens } = await withModel(c, context, model, (use) => use.answering.readPrompt(request.prompt, undefined, c.get("signal")));
    return c.json({ object: "response.input_tokens", input_tokens: tokens.length });
  });

  app.get("/v1/responses/:id", (c) => {
    if (c.req.query("stream") === "true") {
      throw new HttpError(400, "invalid_request", "a response that has ended is not streamed again: leave stream out", {
        parameter: "stream",
      });
    }
    return c.json(find(c).response);
  });

  app.delete("/v1/responses/:id", (c) => {
    const { id } = find(c).response;
    memoryOf(c).remove(id);
    return c.json({ id, object: "response", deleted: true });
  });

  app.get("/v1/responses/:id/input_items", (c) => {
    const { input } = find(c);
    const { order = "desc", after, limit } = c.req.query();
    if (order !== "asc" && order !== "desc") throw wrongQuery("order", order, '"asc" or "desc"');
    const items = order === "asc" ? [...input] : input.toReversed();
    const before = items.findIndex(({ id }) => id === after);
    if (after !== undefined && before < 0) throw wrongQuery("after", after, "the id of one of the items");
    const start = before + 1;
    const data = items.slice(start, start + pageSize(limit));
    return c.json({
      object: "list",
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: start + data.length < items.length,
    });
  });

  return app;
}

/** OpenAI's bounds. */
function pageSize(limit = "20"): number {
  if (/^\d+$/.test(limit) && Number(limit) >= 1 && Number(limit) <= 100) return Number(limit);
  throw wrongQuery("limit", limit, "a whole number from 1 to 100");
}

async function eventStream(c: Context<Env>, events: AsyncGenerator<ResponseStreamEvent, void>): Promise<Response> {
  let latest: ResponseObject;
  let next = 0;
  const pieces = async function* (): AsyncGenerator<string, void> {
    for await (const event of events) {
      if ("response" in event) latest = event.response;
      next = event.sequence_number + 1;
      yield sse(event, event.type);
    }
  };
  return streamed(c, SSE, pieces(), (error) => {
    const failed = failure(latest, next, httpError(error).message);
    return sse(failed, failed.type);
  });
}
