// One request from its arrival to its last byte: its name, its signal, its time limit, and its line in the log.
import { setMaxListeners } from "node:events";
import type { HonoRequest, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { newId } from "../wires/new-id.ts";
import type { Env, ServerContext } from "./context.ts";
import { wireOf } from "./error-bodies.ts";
import { HttpError, httpError } from "./http-error.ts";

/** Milliseconds that a client has to read what it was told at the end of its time, before its connection is cut. */
export const FAREWELL = 2000;

export function exchange(context: ServerContext): MiddlewareHandler<Env> {
  const { settings, log, metrics } = context;
  return async (c, next) => {
    const started = performance.now();
    const controller = new AbortController();
    setMaxListeners(0, controller.signal); // one for each of its answers, up to thousands
    const { outgoing } = c.env;
    const { requestTimeout } = settings;
    const timer = setTimeout(() => {
      const seconds = requestTimeout / 1000;
      controller.abort(new HttpError(504, "timeout", `the answer took longer than ${seconds} seconds (--request-timeout)`));
    }, requestTimeout);
    // A client that does not read holds nothing for longer than that.
    const cut = setTimeout(() => outgoing.destroy(), requestTimeout + FAREWELL);
    const id = requestId(c.req.header("x-request-id"));
    c.header(wireOf(c.req) === "anthropic" ? "request-id" : "x-request-id", id);
    c.set("owner", "anonymous");
    c.set("requestId", id);
    c.set("signal", controller.signal);
    c.set("takeTime", () => {
      clearTimeout(timer);
      clearTimeout(cut);
    });
    c.set("told", {});
    c.set("failed", (thrown) => {
      const error = httpError(thrown);
      // A message may repeat what was sent.
      const { code: errorCode, loggedParameter: parameter } = error;
      Object.assign(c.get("told"), { error: errorCode, parameter, ...(settings.logPrompts ? { message: error.message } : {}) });
      if ((error.code === "internal" || error.code === "disk") && thrown !== error && !outgoing.destroyed)
        log.error({ id, err: thrown, path: c.req.path }, "failed");
      return error;
    });
    context.running.add(controller);
    outgoing.once("close", () => {
      context.running.delete(controller);
      clearTimeout(timer);
      clearTimeout(cut);
      const finished = outgoing.writableFinished;
      // What is cut off after its time was ended from here: its client has not gone.
      const over = controller.signal.aborted ? (controller.signal.reason as HttpError) : undefined;
      const gone = !finished && !over;
      if (gone) controller.abort(new Error("the client hung up"));
      const { method, path } = c.req;
      const milliseconds = Math.round(performance.now() - started);
      // 499 is nginx' word for a client that did not wait.
      const status = finished ? outgoing.statusCode : (over?.status ?? 499);
      const line = { id, method, path, status, ms: milliseconds, owner: c.get("owner"), ...c.get("told") };
      const route = matchedRoutes(c).findLast((each) => each.method !== "ALL");
      metrics.answered({ wire: metricsWire(c.req), path: route?.path ?? "none", status, seconds: milliseconds / 1000 });
      log.info(gone ? { ...line, gone } : line, "request");
    });
    await next();
  };
}

/** In the words of error-bodies.ts, with llama.cpp's paths and our own apart. */
function metricsWire(request: HonoRequest): string {
  const wire = wireOf(request);
  return wire === "openai" && !request.path.startsWith("/v1/") ? "native" : wire;
}

/** A proxy may have named the request; what is no name is not repeated. */
function requestId(given: string | undefined): string {
  return given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : newId("req_");
}
