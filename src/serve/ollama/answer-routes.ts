// Ollama's /api/chat and /api/generate.
import { type Context, Hono } from "hono";
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

  app.post("/api/chat", async (c) => {
    const arrived = performance.now();
    const { request, ...asked } = readOllamaChat(await readJson(c));
    const { model, stream, keepAlive } = asked;
    if (!request) return c.json(chatWithoutMessages(model, await loadOrUnload(c, context, asked)));
    const signal = c.get("signal");
    const moments = () => ({ arrived, loaded: performance.now() });
    if (!stream) {
      const answer = async (use: ModelInUse) => ollamaChat(checkAsked(use, asked).answering, request, model, moments(), signal);
      return c.json(await withModel(c, context, model, answer, keepAlive));
    }
    const chunks = (use: ModelInUse) => ollamaChatChunks(checkAsked(use, asked).answering, request, model, moments(), signal);
    return ndjson(c, piecesWithModel(c, context, model, chunks, keepAlive));
  });

  app.post("/api/generate", async (c) => {
    const arrived = performance.now();
    const { request, ...asked } = readOllamaGenerate(await readJson(c));
    const { model, stream, keepAlive } = asked;
    if (!request) return c.json(generateWithoutPrompt(model, await loadOrUnload(c, context, asked)));
    const signal = c.get("signal");
    const moments = () => ({ arrived, loaded: performance.now() });
    const requestFor = (use: ModelInUse) => request(use.facts.capabilities.chat);
    if (!stream) {
      const answer = async (use: ModelInUse) => ollamaGenerate(checkAsked(use, asked).answering, requestFor(use), model, moments(), signal);
      return c.json(await withModel(c, context, model, answer, keepAlive));
    }
    const chunks = (use: ModelInUse) => ollamaGenerateChunks(checkAsked(use, asked).answering, requestFor(use), model, moments(), signal);
    return ndjson(c, piecesWithModel(c, context, model, chunks, keepAlive));
  });

  return app;
}

/** A request without a prompt: to have the model loaded, or, where it shall be kept for no time, to let go of it. */
async function loadOrUnload(c: Context<Env>, context: ServerContext, asked: Omit<Asked, "stream">): Promise<DoneReason> {
  const { model, keepAlive } = asked;
  if (keepAlive !== 0) {
    await withModel(c, context, model, async (use) => checkAsked(use, asked), keepAlive);
    return "load";
  }
  const { name } = await context.models.find(model);
  await context.models.unload(name);
  return "unload";
}
