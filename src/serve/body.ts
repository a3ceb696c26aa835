// The body of a request.
import type { Context } from "hono";
import type { Env } from "./context.ts";
import { HttpError } from "./http-error.ts";

/** @throws HttpError for what is no JSON, with the place */
export async function readJson(c: Context<Env>): Promise<unknown> {
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = text === "" ? "it is empty" : (error as Error).message;
    throw new HttpError(400, "invalid_request", `the body is not JSON: ${why}`);
  }
}
