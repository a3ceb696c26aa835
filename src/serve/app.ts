// The server as a function from requests to answers: doors first, then the paths of each wire.
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { anthropicRoutes } from "./anthropic/routes.ts";
import { limitBodies } from "./body.ts";
import type { Env, ServerContext } from "./context.ts";
import { keyHolders, knownCallers, paced, whileOpen } from "./doors.ts";
import { errorBody, statusIn, wireOf } from "./error-bodies.ts";
import { exchange } from "./exchange.ts";
import { healthRoutes } from "./health.ts";
import { HttpError } from "./http-error.ts";
import { nativeRoutes } from "./native/routes.ts";
import { ollamaRoutes } from "./ollama/routes.ts";
import { openAiRoutes } from "./openai/routes.ts";
import { pageRoutes } from "./page.ts";

export type App = Hono<Env>;

export function createApp(context: ServerContext): App {
  const { settings } = context;
  const app: App = new Hono();

  app.use(exchange(context));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const Allow = methods.join(", ");
        const message = `${c.req.path} is not for ${c.req.method}: expected ${methods.join(" or ")}`;
        return refused(c, new HttpError(405, "method_not_allowed", message, { headers: { Allow } }));
      },
    }),
  );
  app.use(knownCallers(settings));
  if (settings.corsOrigins.length > 0) app.use(allowedPages(settings.corsOrigins));
  app.use(keyHolders(settings));
  app.use(whileOpen(context));
  app.use(paced(settings));
  app.use(limitBodies(settings.maxBody));

  app.route("/", healthRoutes(context));
  app.route("/", anthropicRoutes(context)); // before OpenAI's, which has /v1/models too
  app.route("/", openAiRoutes(context));
  app.route("/", ollamaRoutes(context));
  app.route("/", nativeRoutes(context));
  app.route("/", pageRoutes());

  app.notFound((c) => refused(c, new HttpError(404, "not_found", `there is nothing at ${c.req.method} ${c.req.path}`)));
  app.onError((thrown, c) => refused(c, thrown));

  return app;
}

/** The answer to a request that something was wrong with, in the words of its wire. */
function refused(c: Context<Env>, thrown: unknown): Response {
  const wire = wireOf(c.req);
  const error = c.get("failed")(thrown);
  for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
  return c.json(errorBody(wire, error, c.get("requestId")), statusIn(wire, error) as never);
}

/** Pages see of an answer's headers what is named to them. */
function allowedPages(origins: readonly string[]): MiddlewareHandler {
  // In a list "*" would be the name of a page like any other.
  const origin = origins.includes("*") ? "*" : [...origins];
  return cors({ origin, maxAge: 600, exposeHeaders: ["x-request-id", "request-id", "retry-after", "x-cria-left-out"] });
}
