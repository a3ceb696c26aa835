// JSON line by line: how Ollama streams.
import type { Context } from "hono";
import type { Env } from "../context.ts";
import { errorBody } from "../error-bodies.ts";
import { httpError } from "../http-error.ts";
import { streamed } from "../stream.ts";

export async function ndjson(c: Context<Env>, objects: AsyncGenerator<object, void>): Promise<Response> {
  const lines = async function* (): AsyncGenerator<string, void> {
    for await (const object of objects) yield line(object);
  };
  return streamed(c, "application/x-ndjson", lines(), (error) => line(errorBody("ollama", httpError(error))));
}

function line(object: object): string {
  return JSON.stringify(object) + "\n";
}
