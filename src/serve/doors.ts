// Who may come in: checks that stand before every route.
import type { MiddlewareHandler } from "hono";
import type { Env, ServerContext, ServerSettings } from "./context.ts";
import { HttpError, httpError } from "./http-error.ts";
import { createRateLimit } from "./rate-limit.ts";

/** What tells whether the server lives, and the page itself, are for everybody. */
const openPaths = /^\/(health|livez|readyz|favicon\.ico|assets\/[^/]+|index\.html|licenses\.md)?$/;

/**
 * A page of a stranger may give its name this machine's address, or send its forms here: names that are not this server's, and pages that are neither its
 * own nor allowed, are refused.
 */
export function knownCallers({ hosts, corsOrigins }: ServerSettings): MiddlewareHandler<Env> {
  return async (c, next) => {
    const host = (c.req.header("host") ?? "").toLowerCase();
    if (hosts && !hosts.includes(host.replace(/:\d+$/, ""))) {
      throw new HttpError(
        403,
        "forbidden",
        `this server is not called ${JSON.stringify(host)}: expected ${hosts.join(" or ")} (--allow-host)`,
      );
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && !corsOrigins.includes("*") && !corsOrigins.includes(origin) && !isOwn(origin, host)) {
      throw new HttpError(403, "forbidden", `pages of ${origin} may not ask this server: allow them with --cors ${origin}`);
    }
    // A page of a stranger needs no Origin to make this machine fetch a picture of a path that costs something.
    if (origin === undefined && c.req.header("sec-fetch-site") === "cross-site" && !openPaths.test(c.req.path)) {
      throw new HttpError(403, "forbidden", "pages of other origins may not ask this server: allow them with --cors ORIGIN");
    }
    await next();
  };
}

function isOwn(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** Lets in who has a key, under OpenAI's header or Anthropic's. */
export function keyHolders({ keys }: ServerSettings): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (keys && !openPaths.test(c.req.path)) {
      const key = /^Bearer\s+(.+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? c.req.header("x-api-key");
      const owner = key === undefined ? undefined : keys.ownerOf(key.trim());
      if (owner === undefined) {
        const given = key === undefined ? "no API key was given" : "the API key is none of this server's";
        throw new HttpError(401, "invalid_api_key", `${given}: send one as "Authorization: Bearer KEY" or "x-api-key: KEY"`, {
          headers: { "WWW-Authenticate": "Bearer" },
        });
      }
      c.set("owner", owner);
    }
    await next();
  };
}

/** A server that is asked to end begins nothing new; load balancers and clients try the next one. */
export function whileOpen(context: ServerContext): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (context.draining && !openPaths.test(c.req.path)) {
      throw new HttpError(503, "overloaded", "this server is ending: ask again", { headers: { "Retry-After": "1", Connection: "close" } });
    }
    await next();
  };
}

/** So many requests a minute of each key. Looking (GET, HEAD) is free, and so is what the server had no place for. */
export function paced({ keyRate }: ServerSettings): MiddlewareHandler<Env> {
  const limit = keyRate === undefined ? undefined : createRateLimit(keyRate);
  return async (c, next) => {
    if (!limit || ["GET", "HEAD"].includes(c.req.method)) return next();
    const owner = c.get("owner");
    const wait = limit.take(owner);
    if (wait > 0) {
      const seconds = Math.ceil(wait);
      throw new HttpError(429, "rate_limit_exceeded", `this key may send ${keyRate} requests a minute: try again in ${seconds} s`, {
        headers: { "Retry-After": String(seconds) },
      });
    }
    await next();
    if (c.error && ["overloaded", "rate_limit_exceeded"].includes(httpError(c.error).code)) limit.giveBack(owner);
  };
}
