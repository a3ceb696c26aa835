// Ollama's /api/chat and /api/generate.
import { type Context, Hono } from "hono";
import type { Moments } from "../../wires/ollama/answer-parts.ts";
import type { DoneReason } from "../../wires/ollama/answer-types.ts";
import { chatWithoutMessages, ollamaChat, ollamaChatChunks } from "../../wires/ollama/chat.ts";
import { readOllamaChat } from "../../wires/ollama/chat-request.ts";
import { generateWithoutPrompt, ollamaGenerate, ollamaGenerateChunks } from "../../wires/ollama/generate.ts";
import { readOllamaGenerate } from "../../wires/ollama/generate-request.ts";
import type { Asked } from "../../wires/ollama/schemas.ts";
import { readJson } from "../body.ts";
import type { Env, ServerContext } from "../context.ts";
import { type ModelInUse, piecesWithModel, withModel } from "../use-model.ts";
import { checkAsked } from "./check-asked.ts";
import { ndjson } from "./ndjson.ts";

export function answerRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();

  /** The answer of a model, whole or line by line. */
  const answered = async (
    c: Context<Env>,
    arrived: number,
    asked: Asked,
    whole: (use: ModelInUse, moments: Moments) => Promise<object>,
    lines: (use: ModelInUse, moments: Moments) => AsyncGenerator<object, void>,
  ): Promise<Response> => {
    const { model, stream } = asked;
    const moments = (): Moments => ({ arrived, loaded: performance.now() });
    if (stream) {
      return ndjson(
        c,
        piecesWithModel(c, context, model, (use) => lines(checkAsked(use, asked), moments()), asked),
      );
    }
    return c.json(await withModel(c, context, model, async (use) => whole(checkAsked(use, asked), moments()), asked));
  };

  app.post("/api/chat", async (c) => {
    const arrived = performance.now();
    const { request, ...asked } = readOllamaChat(await readJson(c));
    const { model } = asked;
    if (!request) return c.json(chatWithoutMessages(model, await loadOrUnload(c, context, asked)));
    const signal = c.get("signal");
    return answered(
      c,
      arrived,
      asked,
      ({ answering }, moments) => ollamaChat(answering, request, model, moments, signal),
      ({ answering }, moments) => ollamaChatChunks(answering, request, model, moments, signal),
    );
  });

  app.post("/api/generate", async (c) => {
    const arrived = performance.now();
    const { request, ...asked } = readOllamaGenerate(await readJson(c));
    const { model } = asked;
    if (!request) return c.json(generateWithoutPrompt(model, await loadOrUnload(c, context, asked)));
    const signal = c.get("signal");
    return answered(
      c,
      arrived,
      asked,
      ({ answering, facts }, moments) => ollamaGenerate(answering, request(facts.capabilities.chat), model, moments, signal),
      ({ answering, facts }, moments) => ollamaGenerateChunks(answering, request(facts.capabilities.chat), model, moments, signal),
    );
  });

  return app;
}

/** A request without a prompt: to have the model loaded, or, where it shall be kept for no time, to let go of it. */
async function loadOrUnload(c: Context<Env>, context: ServerContext, asked: Omit<Asked, "stream">): Promise<DoneReason> {
  const { model, keepAlive } = asked;
  if (keepAlive !== 0) {
    await withModel(c, context, model, async (use) => checkAsked(use, asked), asked);
    return "load";
  }
  const { name } = await context.models.find(model);
  await context.models.unload(name);
  return "unload";
}
