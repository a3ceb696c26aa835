// A server that meets hostile clients answers all others, and is afterwards as it was. In full with CRIA_TEST_ALL=1; a small part of it always.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { sharedPath, testAll } from "./goldens.ts";
import { crowd, hangUp, hangUpAgent, neverReads, post, rngAt, slowLoris, statusesFor, strangeRequest } from "./hostile-clients.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const size = testAll
  ? { hangUps: 500, strange: 10_000, loris: 40, deaf: 20, rounds: 3 }
  : { hangUps: 60, strange: 400, loris: 4, deaf: 4, rounds: 1 };

/** The value of a series; the sum over its labels, where no labels are given. */
async function gauge(server: TestServer, series: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`, { headers: { connection: "close" } })).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${series} `) || line.startsWith(`${series}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

async function expectAnswer(server: TestServer): Promise<void> {
  const { status, text } = await post(`${server.url}/completion`, JSON.stringify({ prompt: "A dog", n_predict: 3, seed: 1 }));
  // A full queue is an answer, too: whoever asks again comes in.
  if (status === 503) return delay(100).then(() => expectAnswer(server));
  expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ tokens_predicted: 3 })]);
}

const sockets = 'nodejs_active_handles{type="Socket"}';

/** Nothing is left of anybody. @param own sockets of a server that only tells how many it has: that of who asks, and of its log */
async function expectRest(server: TestServer, own: number): Promise<void> {
  hangUpAgent();
  const wait = { timeout: 100_000, interval: 200 };
  for (const series of ["cria_cache_pages_held", "cria_queue_length", "cria_answers_running"]) {
    await expect.poll(() => gauge(server, series), wait).toBe(0);
  }
  await expect.poll(() => gauge(server, sockets), wait).toBe(own);
}

describe("hostile clients", () => {
  let server: TestServer;
  let own: number;
  beforeAll(async () => {
    server = await startTestServer(["--ctx", "256", "--parallel", "4", "--queue", "8", "--request-timeout", "20", "--log-level", "warn"]);
    own = await gauge(server, sockets);
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  async function round(): Promise<void> {
    const lorises = await Promise.all(Array.from({ length: size.loris }, (_, i) => slowLoris(server.url, i % 2 === 0)));
    const deaf = await Promise.all(Array.from({ length: size.deaf }, () => neverReads(server.url)));
    await crowd(size.hangUps, 25, async (i) => {
      await hangUp(server.url, i);
      if (i % 10 === 0) await expectAnswer(server);
    });
    await crowd(size.strange, 16, async (i) => {
      const { path, body } = strangeRequest(rngAt(i));
      const { status, text } = await post(server.url + path, body);
      // Some of them are right after all.
      expect([200, 400, 404, 413, 501, 503, 529], `${i}: ${path} ${String(body).slice(0, 300)}: ${text.slice(0, 300)}`).toContain(status);
      if (status >= 400) expect(JSON.parse(text)).toHaveProperty("error");
      if (i % 100 === 0) await expectAnswer(server);
    });
    await expectAnswer(server);
    for (const leave of [...lorises, ...deaf]) leave();
    await expectRest(server, own);
  }

  it("are answered or let go, others are answered meanwhile, and nothing is left", { timeout: 900_000 }, async () => {
    await round();
    expect(server.child.exitCode).toBe(null);
    expect(server.log().match(/"level":50.{0,200}/g) ?? []).toEqual([]);
  });

  it.runIf(testAll)("leave no memory behind", { timeout: 3_600_000 }, async () => {
    const resident: number[] = [];
    for (let i = 0; i <= size.rounds; i++) {
      await round();
      resident.push(await gauge(server, "process_resident_memory_bytes"));
    }
    console.info(`resident memory after each round, MB: ${resident.map((bytes) => (bytes / 1e6).toFixed(1)).join(", ")}`);
    expect(resident[size.rounds]).toBeLessThan(1.1 * resident[0]);
  });
});

describe("/health while a prompt is read", () => {
  const model = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");

  async function ask(server: TestServer, tokens: number): Promise<{ answers: number; longest: number }> {
    let reading = true;
    const prompt = Array.from({ length: tokens }, (_, i) => 300 + ((7 * i) % 1000));
    const read = post(`${server.url}/completion`, JSON.stringify({ prompt, n_predict: 1 })).then(({ status, text }) => {
      reading = false;
      expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ tokens_evaluated: tokens })]);
    });
    let answers = 0;
    let longest = 0;
    while (reading) {
      const start = performance.now();
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      longest = Math.max(longest, performance.now() - start);
      if (reading) answers++;
    }
    await read;
    return { answers, longest };
  }

  it("comes again and again", async () => {
    const server = await startTestServer();
    onTestFinished(async () => void (await server.stop()));
    await post(`${server.url}/completion`, JSON.stringify({ prompt: "A", n_predict: 1 })); // loads the model
    const { answers, longest } = await ask(server, 1000);
    console.info(`${answers} answers of /health while 1,000 tokens were read, the slowest after ${longest.toFixed(1)} ms`);
    expect(answers).toBeGreaterThan(5);
  });

  it.runIf(testAll && model)("comes again and again while SmolLM2 reads 4,000 tokens", { timeout: 600_000 }, async () => {
    const server = await startTestServer(["--ctx", "4096", "--threads", "2"], { models: [model!] });
    onTestFinished(async () => void (await server.stop()));
    await post(`${server.url}/completion`, JSON.stringify({ prompt: "A", n_predict: 1 }));
    const { answers, longest } = await ask(server, 4000);
    console.info(`${answers} answers of /health while 4,000 tokens were read, the slowest after ${longest.toFixed(1)} ms`);
    expect(answers).toBeGreaterThan(200);
  });
});

describe("requests that are not what they should be", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });
  const chat = (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, { method: "POST", body: body as BodyInit, headers });
  const nested = (depth: number): string => `{"messages": [], "chat_template_kwargs": {"a": ${"[".repeat(depth)}${"]".repeat(depth)}}}`;

  it.each<[string, () => Promise<Response>, number, RegExp]>([
    ["JSON that nests thousands deep", () => chat(nested(50_000)), 400, /^the body nests deeper than 500 levels/],
    ["JSON of some depth, which is read", () => chat(nested(100)), 400, /^messages is a list of 0/],
    [
      "brackets in a text, which are none",
      () => chat(`{"messages": "${"[".repeat(2000)}"}`),
      400,
      /^messages is a text of 2000 characters/,
    ],
    ["a packed body", () => chat("x", { "content-encoding": "gzip" }), 415, /Content-Encoding "gzip"/],
    ["a body that is not UTF-8", () => chat(Uint8Array.of(0x22, 0xff, 0x22)), 400, /it is not UTF-8$/],
    [
      "a prompt of megabytes, refused as soon as it has more tokens than fit",
      () => chat(JSON.stringify({ messages: [{ role: "user", content: "ab ".repeat(2_000_000) }] })),
      400,
      /^prompt has at least \d+ tokens, the context holds 1024/,
    ],
    ["a name that is no UTF-8 in a path", () => fetch(`${server.url}/v1/models/%ff`), 404, /there is no model/],
  ])("%s", async (_, ask, status, message) => {
    const response = await ask();
    expect([response.status, (await response.json()).error.message]).toEqual([status, expect.stringMatching(message)]);
  });

  const host = "Host: localhost\r\n";
  const last = `GET /health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
  const posted = (heads: string, body: string): string => `POST /tokenize HTTP/1.1\r\n${host}${heads}\r\n${body}`;
  it.each<[string, string, number[]]>([
    [
      "two lengths in one head, which hide a request from a proxy",
      posted("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${last}`),
      [400],
    ],
    ["a length that is told twice", posted("Content-Length: 0\r\nContent-Length: 5\r\n", last), [400]],
    ["an unknown coding", posted("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${last}`), [400]],
    ["a line that ends in half an end", `GET /health HTTP/1.1\nHost: localhost\n\n${last}`, [400]],
    ["a head that is too long", `GET /health HTTP/1.1\r\n${host}A: ${"b".repeat(20_000)}\r\n\r\n${last}`, [431]],
    ["a piece that is longer than it says", posted("Transfer-Encoding: chunked\r\n", `1\r\n{}\r\n0\r\n\r\n${last}`), [400]],
    [
      "requests in a row, good and bad",
      posted("Content-Length: 1\r\n", "x") + `POST /none HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx${last}`,
      [400, 404, 200],
    ],
    ["a client that waits until it may go on", posted("Expect: 100-continue\r\nContent-Length: 1\r\n", `x${last}`), [100, 400, 200]],
    ["a client of the old days", `GET /health HTTP/1.0\r\n${host}\r\n`, [200]],
    ["a wish for another protocol", `GET /health HTTP/1.1\r\n${host}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`, [200]],
    ["a wish for a tunnel", `CONNECT localhost:22 HTTP/1.1\r\n${host}\r\n`, []],
  ])("%s", async (_, bytes, statuses) => {
    expect(await statusesFor(server.url, bytes)).toEqual(statuses);
  });

  it("a method that a path does not have is told those that it has, in the words of each wire", async () => {
    const openai = await fetch(`${server.url}/v1/chat/completions`);
    expect([openai.status, openai.headers.get("allow"), (await openai.json()).error.code]).toEqual([405, "POST", "method_not_allowed"]);
    const ollama = await fetch(`${server.url}/api/chat`, { method: "PUT" });
    expect([ollama.status, await ollama.json()]).toEqual([405, { error: "/api/chat is not for PUT: expected POST" }]);
    const anthropic = await fetch(`${server.url}/v1/messages`);
    expect([anthropic.status, (await anthropic.json()).error.type]).toEqual([405, "invalid_request_error"]);
  });
});
