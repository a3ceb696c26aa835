// One request from its arrival to its last byte: its signal, its time limit, and its line in the log.
import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import type { Env, ServerContext } from "./context.ts";
import { HttpError } from "./http-error.ts";

export function exchange({ settings, log }: ServerContext): MiddlewareHandler<Env & { Bindings: HttpBindings }> {
  return async (c, next) => {
    const started = performance.now();
    const controller = new AbortController();
    const { outgoing } = c.env;
    const timer = setTimeout(() => {
      const seconds = settings.requestTimeout / 1000;
      controller.abort(new HttpError(504, "timeout", `the answer took longer than ${seconds} seconds (--request-timeout)`));
    }, settings.requestTimeout);
    c.set("owner", "anonymous");
    c.set("signal", controller.signal);
    c.set("told", {});
    outgoing.once("close", () => {
      clearTimeout(timer);
      const gone = !outgoing.writableFinished;
      if (gone) controller.abort(new Error("the client hung up"));
      const { method, path } = c.req;
      const milliseconds = Math.round(performance.now() - started);
      const line = { method, path, status: outgoing.statusCode, ms: milliseconds, owner: c.get("owner"), ...c.get("told") };
      log.info(gone ? { ...line, gone } : line, "request");
    });
    await next();
  };
}
