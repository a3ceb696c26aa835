// Ollama's paths.
import { Hono } from "hono";
import type { Env, ServerContext } from "../context.ts";
import { answerRoutes } from "./answer-routes.ts";

export function ollamaRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/", answerRoutes(context));
  return app;
}
