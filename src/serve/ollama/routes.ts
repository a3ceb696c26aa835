// Ollama's paths.
import { Hono } from "hono";
import type { Env, ServerContext } from "../context.ts";
import { createModelFiles } from "../models/model-files.ts";
import { answerRoutes } from "./answer-routes.ts";
import { modelRoutes } from "./model-routes.ts";
import { storeRoutes } from "./store-routes.ts";

export function ollamaRoutes(context: ServerContext): Hono<Env> {
  const files = createModelFiles();
  const app = new Hono<Env>();
  app.route("/", answerRoutes(context));
  app.route("/", modelRoutes(context, files));
  app.route("/", storeRoutes(context, files));
  return app;
}
