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

/** Schemas nest most, at two levels of JSON for each of their hundred; what is thousands deep would exhaust the stack of whoever walks along it. */
const DEEPEST = 500;

/** @throws HttpError for what is no JSON, with the place, for what nests too deep, and for what is too large */
export async function readJson(c: Context<Env>): Promise<unknown> {
  const encoding = c.req.header("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new HttpError(415, "invalid_request", `the body has the Content-Encoding ${JSON.stringify(encoding)}: send it as it is`);
  }
  const text = await readText(c);
  if (nestsDeeper(text, DEEPEST))
    throw new HttpError(400, "invalid_request", `the body nests deeper than ${DEEPEST} levels: make it flatter`);
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

/** Whether brackets stand within more than `most` others; texts in quotes do not count. */
function nestsDeeper(json: string, most: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const letter = json[i];
    if (letter === '"') quoted = !quoted;
    else if (quoted) i += letter === "\\" ? 1 : 0;
    else if (letter === "[" || letter === "{") depth++;
    else if (letter === "]" || letter === "}") depth--;
    if (depth > most) return true;
  }
  return false;
}

/** From Node's own stream: the runtime keeps a web Request, and all that hangs on it, until it collects its old objects, which is seldom. */
async function readText(c: Context<Env>): Promise<string> {
  const most = c.get("maxBody");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let size = 0;
  let text = "";
  try {
    // The break below would end the connection before its client has read why. (Node 20 calls this experimental, later versions do not.)
    for await (const bytes of c.env.incoming.iterator({ destroyOnReturn: false })) {
      size += bytes.length;
      if (size > PATIENCE * most) break;
      text = size > most ? "" : text + decoder.decode(bytes, { stream: true });
    }
    if (size <= most) return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError && size <= most) throw new HttpError(400, "invalid_request", "the body is not JSON: it is not UTF-8");
    throw error;
  }
  throw tooLarge(most);
}

/** What is left of the body is not waited for. */
function tooLarge(most: number): HttpError {
  const headers = { Connection: "close" };
  return new HttpError(413, "request_too_large", `the body is larger than ${most} bytes (--max-body)`, { headers });
}
