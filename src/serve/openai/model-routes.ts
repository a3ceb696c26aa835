// OpenAI's list of models, and one of them.
import { stat } from "node:fs/promises";
import { Hono } from "hono";
import type { Env, ServerContext } from "../context.ts";
import type { KnownModel } from "../models/registry.ts";

export function modelRoutes({ models }: ServerContext): Hono<Env> {
  const app = new Hono<Env>();
  const started = Date.now();

  const modelObject = async ({ name, place }: KnownModel): Promise<object> => {
    const file = typeof place === "string" ? await stat(place).catch(() => undefined) : undefined;
    return { id: name, object: "model", created: Math.floor((file?.mtimeMs ?? started) / 1000), owned_by: "cria" };
  };

  app.get("/v1/models", async (c) => {
    return c.json({ object: "list", data: await Promise.all((await models.known()).map(modelObject)) });
  });

  // Names have slashes: hf:owner/repo.
  app.get("/v1/models/:name{.+}", async (c) => c.json(await modelObject(await models.find(c.req.param("name")))));

  return app;
}
