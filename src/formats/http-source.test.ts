// Against a real server on this machine that does Range requests well, badly, or not at all.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { goldenPath } from "../../test/goldens.ts";
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { openGguf } from "./gguf/open.ts";
import { openUrl } from "./http-source.ts";
import { firstReadBytes } from "./limits.ts";
import { openSafetensors } from "./safetensors/open.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let base: string;
let handle: Handler;
let requests: { url: string; range: string | undefined }[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", range: request.headers.range });
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Larger than the first read, so that later ranges make requests of their own. */
const big: Buffer = Buffer.from(Uint8Array.from({ length: 2 * firstReadBytes }, (_, i) => i * 31));

function rangeOf(request: IncomingMessage, size: number): { first: number; last: number } {
  const [first, last] = (/bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? []).slice(1).map(Number);
  return { first, last: Math.min(last, size - 1) };
}

/** A server as it should be. */
function serve(content: Buffer, headers: Record<string, string> = { ETag: '"1"' }): Handler {
  return (request, response) => {
    if (content.length === 0) return void response.writeHead(416, { "Content-Range": "bytes */0" }).end();
    const { first, last } = rangeOf(request, content.length);
    const body = content.subarray(first, last + 1);
    response.writeHead(206, { ...headers, "Content-Range": `bytes ${first}-${last}/${content.length}`, "Content-Length": body.length });
    response.end(body);
  };
}

const folder = (name: string): Handler => {
  return (request, response) => {
    const path = goldenPath(`${name}${decodeURIComponent(new URL(request.url ?? "", base).pathname)}`);
    if (!path) return void response.writeHead(404).end("no such file");
    serve(readFileSync(path))(request, response);
  };
};

describe("a server that does Range requests", () => {
  it("is asked for the ranges that are read, the beginning only once", async () => {
    handle = serve(big);
    const source = await openUrl(`${base}/model.gguf`);
    expect(source.size).toBe(big.length);
    expect(await source.read(10, 100)).toEqual(new Uint8Array(big.subarray(10, 110)));
    expect(await source.read(firstReadBytes - 5, 10)).toEqual(new Uint8Array(big.subarray(firstReadBytes - 5, firstReadBytes + 5)));
    expect(await source.read(big.length, 0)).toEqual(new Uint8Array(0));
    expect(requests.map(({ range }) => range)).toEqual([
      `bytes=0-${firstReadBytes - 1}`,
      `bytes=${firstReadBytes - 5}-${firstReadBytes + 4}`,
    ]);
    await expect(source.read(big.length - 3, 4)).rejects.toThrow(FormatError);
  });

  it("opens a small GGUF and reads its tensors with one request", async () => {
    handle = folder("quant/gguf");
    const gguf = await openGguf(new URL(`${base}/zoo.gguf?download=true`));
    for (const tensor of gguf.tensors.values()) await tensor.read();
    expect(requests).toHaveLength(1);
  });

  it("opens all shards of a GGUF and of safetensors", async () => {
    handle = folder("quant/models");
    expect((await openGguf(`${base}/split-00001-of-00002.gguf?x=y`)).tensors.size).toBeGreaterThan(10);
    handle = folder("models/llama2-gqa-sharded");
    const url = `${base}/model.safetensors.index.json`;
    const tensor = (await openSafetensors(url)).tensors.get("lm_head.weight");
    expect(tensor?.file).toBe(`${base}/model-00003-of-00003.safetensors`);
  });

  it("may redirect", async () => {
    const there = serve(big);
    handle = (request, response) => {
      if (request.url === "/there") there(request, response);
      else response.writeHead(302, { Location: "/there" }).end();
    };
    const source = await openUrl(`${base}/here`);
    expect(await source.read(big.length - 2, 2)).toEqual(new Uint8Array(big.subarray(-2)));
  });

  it("may hold an empty file", async () => {
    handle = serve(Buffer.alloc(0));
    expect((await openUrl(base)).size).toBe(0);
    await expect(openGguf(`${base}/x.gguf`)).rejects.toThrow(FormatError);
  });
});

describe("a server that cannot be trusted gets a clear error", () => {
  const at = (): string => `${base}/x`;
  const openAndRead = async (): Promise<unknown> => (await openUrl(at(), undefined, 1)).read(firstReadBytes, 1000);

  /** The first request is answered well, the following by `later`. */
  function then(later: Handler): Handler {
    return (request, response) => (requests.length === 1 ? serve(big)(request, response) : later(request, response));
  }

  it.each<[string, Handler, typeof FormatError, RegExp]>([
    ["ignores Range", (_, response) => response.writeHead(200).end(big), UnsupportedError, /ignores Range/],
    ["sends no Content-Range", (_, response) => response.writeHead(206).end("x"), UnsupportedError, /no Content-Range/],
    [
      "sends another range",
      (_, response) => response.writeHead(206, { "Content-Range": "bytes 5-9/100" }).end("x"),
      FormatError,
      /bytes 5-9\/100/,
    ],
    ["has no such file", (_, response) => response.writeHead(404).end(), UsageError, /404 Not Found/],
    ["fails later", then((_, response) => response.writeHead(503).end()), UsageError, /503/],
    ["has another version", then(serve(big, { ETag: '"2"' })), FormatError, /byte 262144: the file changed on the server/],
    ["has another size", then(serve(Buffer.concat([big, big]))), FormatError, /the file changed on the server/],
    [
      "sends more than was asked for",
      then((_, response) => response.writeHead(206, { ETag: '"1"', "Content-Range": "bytes 262144-263143/524288" }).end(big)),
      FormatError,
      /sent more than the 1000 bytes/,
    ],
    [
      "sends less each time",
      then((request, response) => {
        const { first, last } = rangeOf(request, big.length);
        response.writeHead(206, { ETag: '"1"', "Content-Range": `bytes ${first}-${last}/524288` });
        response.end(first === firstReadBytes ? "abc" : "");
      }),
      UsageError,
      /byte 262147: the connection ended with 997 bytes still to come \(5 attempts in a row\): check the connection/,
    ],
    ["is gone later", then((_, response) => response.destroy()), UsageError, /\(5 attempts in a row\): check the connection/],
    ["hangs up at once", (_, response) => response.destroy(), UsageError, /cannot be reached/],
  ])("when it %s", async (_, handler, errorClass, message) => {
    handle = handler;
    const error = await openAndRead().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(errorClass);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(at());
  });
});

describe("a connection that is cut", () => {
  /** Sends so many bytes of each answer's body, then hangs up. */
  const cutting =
    (bytes: number, headers: () => Record<string, string> = () => ({ ETag: '"1"' })): Handler =>
    (request, response) => {
      const { first, last } = rangeOf(request, big.length);
      const body = big.subarray(first, last + 1);
      response.writeHead(206, { ...headers(), "Content-Range": `bytes ${first}-${last}/${big.length}`, "Content-Length": body.length });
      if (body.length <= bytes) response.end(body);
      else response.write(body.subarray(0, bytes), () => response.destroy());
    };

  it("is taken up where it ended", async () => {
    handle = cutting(50_000);
    const source = await openUrl(base, undefined, 1);
    expect(await source.read(firstReadBytes - 10, 200_000)).toEqual(
      new Uint8Array(big.subarray(firstReadBytes - 10, firstReadBytes + 199_990)),
    );
    const starts = requests.map(({ range }) => Number(/\d+/.exec(range ?? "")));
    expect(starts.length).toBeGreaterThanOrEqual(10);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it("is not taken up with another version of the file", async () => {
    handle = cutting(50_000, () => ({ ETag: `"${requests.length}"` }));
    await expect(openUrl(base, undefined, 1)).rejects.toThrow(/the file changed on the server while it was read/);
  });

  it("and stays cut is a UsageError with its cause", async () => {
    handle = cutting(0);
    const error = await openUrl(base, undefined, 1).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).cause).toBeInstanceOf(Error);
    expect(requests).toHaveLength(5);
  });

  it("is not waited for after an abort", async () => {
    handle = cutting(0);
    const stop = new AbortController();
    const opening = openUrl(base, stop.signal, 1e9);
    setTimeout(() => stop.abort(new Error("enough")), 100);
    await expect(opening).rejects.toThrow("enough");
    expect(requests).toHaveLength(1);
  });
});

it("an AbortSignal ends opening and reading", async () => {
  const waiting = new AbortController();
  handle = () => waiting.abort(new Error("enough"));
  await expect(openGguf(`${base}/x.gguf`, waiting.signal)).rejects.toThrow("enough");

  const reading = new AbortController();
  handle = (request, response) => {
    if (requests.length === 2) return serve(big)(request, response);
    response.writeHead(206, { "Content-Range": `bytes ${firstReadBytes}-${firstReadBytes + 9}/${big.length}` });
    response.write("abc", () => reading.abort(new Error("enough")));
  };
  const source = await openUrl(base);
  await expect(source.read(firstReadBytes, 10, reading.signal)).rejects.toThrow("enough");
});
