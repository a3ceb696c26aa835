// Whether the server lives, and whether it takes requests: two questions, for those who restart it and for those who send requests to it.
import { Hono } from "hono";
import type { Env, ServerContext } from "./context.ts";

export function healthRoutes(context: ServerContext): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/livez", (c) => c.json({ status: "ok" }));
  for (const path of ["/readyz", "/health"]) {
    app.get(path, (c) => (context.draining ? c.json({ status: "draining" }, 503) : c.json({ status: "ok" })));
  }
  return app;
}
