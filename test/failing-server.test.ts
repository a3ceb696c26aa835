// A server that fails for some of a model's files must not give another model: one without its tokenizer, its template, its single file.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { UsageError } from "../src/errors.ts";
import { load } from "../src/llama.ts";
import { goldenPath } from "./goldens.ts";

const model = goldenPath("models/llama2-gqa")!;

let server: Server;
let url: string;
/** Files that the server answers otherwise than with the file, or 404 where there is none. */
let statuses: Record<string, number> = {};

beforeAll(async () => {
  server = createServer((request, response) => {
    const name = request.url!.slice(1);
    const status = statuses[name] ?? (["config.json", "model.safetensors"].includes(name) ? 206 : 404);
    if (status !== 206) return void response.writeHead(status).end();
    const bytes = readFileSync(join(model, name));
    const [first, last] = /(\d+)-(\d+)/.exec(request.headers.range!)!.slice(1).map(Number);
    const part = bytes.subarray(first, last + 1);
    response.writeHead(206, { "Content-Range": `bytes ${first}-${first + part.length - 1}/${bytes.length}` }).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each([404, 410])("%i means that there is no such file", async (status) => {
  statuses = { "tokenizer.json": status, "chat_template.jinja": status };
  await using llama = await load(url, { backend: "reference" });
  expect(llama.tokenizer).toBeUndefined();
  expect(llama.chatTemplate).toBeUndefined();
});

it.each([
  ["tokenizer.json", 503],
  ["tokenizer.model", 401],
  ["chat_template.jinja", 500],
  ["tokenizer_config.json", 503],
  ["model.safetensors", 429],
])("%s answered with %i ends the load with a sentence", async (name, status) => {
  statuses = { [name]: status };
  const error = await load(url, { backend: "reference" }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(`${url}${name}: the server answered ${status}`);
});
