// The body of a request.
import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "./context.ts";
import { HttpError } from "./http-error.ts";

/** A body that is so many times too large is not even read away, which clients need to see why it was refused. */
const PATIENCE = 8;

/** Sets how many bytes a body may have, and refuses one at once that says it has far more. */
export function limitBodies(most: number): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (Number(c.req.header("content-length") ?? 0) > PATIENCE * most) throw tooLarge(most);
    c.set("maxBody", most);
    await next();
  };
}

/** @throws HttpError for what is no JSON, with the place, and for what is too large */
export async function readJson(c: Context<Env>): Promise<unknown> {
  const text = await readText(c);
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = text === "" ? "it is empty" : placeIn((error as Error).message);
    throw new HttpError(400, "invalid_request", `the body is not JSON: ${why}`);
  }
}

/** What JSON.parse() complains about, without the words of the body that it repeats: errors go to the log. */
function placeIn(message: string): string {
  const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec(message)?.[0];
  return place === undefined
    ? /unexpected end/i.test(message)
      ? "it ends too early"
      : "it breaks off or is malformed"
    : `it is malformed ${place}`;
}

async function readText(c: Context<Env>): Promise<string> {
  const most = c.get("maxBody");
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const bytes of c.req.raw.body ?? []) {
    size += bytes.length;
    if (size > PATIENCE * most) break;
    text = size > most ? "" : text + decoder.decode(bytes, { stream: true });
  }
  if (size > most) throw tooLarge(most);
  return text + decoder.decode();
}

/** What is left of the body is not waited for. */
function tooLarge(most: number): HttpError {
  const headers = { Connection: "close" };
  return new HttpError(413, "request_too_large", `the body is larger than ${most} bytes (--max-body)`, { headers });
}
