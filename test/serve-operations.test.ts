// What those who run a server rely on: keys that change, limits, times, request ids, logs, and an end in good order.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeHome } from "./run-cli.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const long = { model: "stories", messages: [{ role: "user", content: "Tell a story." }], max_tokens: 700, ignore_eos: true };

function post(server: TestServer, path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

function chat(server: TestServer, body: object = {}, headers?: Record<string, string>): Promise<Response> {
  return post(server, "/v1/chat/completions", { ...long, max_tokens: 2, ...body }, headers);
}

describe("a server with keys", () => {
  let folder: string;
  let file: string;
  let server: TestServer;
  const as = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cria-keys-"));
    file = join(folder, "keys.txt");
    await writeFile(file, "ann first\nbob second\n");
    server = await startTestServer(["--keys", file, "--key-rate", "3"]);
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    await rm(folder, { recursive: true });
  });

  it("lets each key ask so many times a minute, and says when to come again", async () => {
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await chat(server, {}, as("first"))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await fetch(`${server.url}/v1/models`, { headers: as("first") })).status).toBe(200);
    expect((await chat(server, {}, as("second"))).status).toBe(200);
  });

  it.each([
    ["/v1/chat/completions", { error: { type: "rate_limit_error", code: "rate_limit_exceeded" } }],
    ["/v1/messages", { type: "error", error: { type: "rate_limit_error" } }],
    ["/api/chat", { error: expect.stringMatching(/^this key may send 3 requests a minute/) }],
  ])("refuses at %s in the words of its clients", async (path, body) => {
    const refused = await post(server, path, {}, as("first"));
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await refused.json()).toMatchObject(body);
  });

  it("logs what was wrong without a word of what was sent, and answers briefly", async () => {
    const body = {
      messages: [{ role: "user", content: "xylophone" }],
      tool_choice: "required",
      metadata: { ["dear diary ".repeat(9000)]: 5 },
    };
    const named = { ...as("second"), "x-request-id": "metadata" };
    const answer = await post(server, "/v1/chat/completions", body, named);
    expect(answer.status).toBe(400);
    expect((await answer.text()).length).toBeLessThan(1000);
    await expect.poll(() => server.log()).toContain('"id":"metadata"');
    const line = server
      .log()
      .split("\n")
      .find((each) => each.includes('"id":"metadata"'))!;
    expect(JSON.parse(line)).toMatchObject({ status: 400, error: "invalid_request", parameter: "metadata.*" });
    expect(line).not.toMatch(/diary|xylophone/);
  });

  it("reads its keys again on SIGHUP, keeps them when the file is broken, and takes all when it is empty", async () => {
    const status = async (key: string) => (await fetch(`${server.url}/v1/models`, { headers: as(key) })).status;
    await writeFile(file, `carl sha256:${createHash("sha256").update("third").digest("hex")}\n`);
    server.child.kill("SIGHUP");
    await expect.poll(() => status("third")).toBe(200);
    expect(await status("first")).toBe(401);
    await writeFile(file, "dave sha256:short\n");
    server.child.kill("SIGHUP");
    await expect.poll(() => server.log()).toContain("the keys stay as they were");
    expect(await status("third")).toBe(200);
    await writeFile(file, "# nobody\n");
    server.child.kill("SIGHUP");
    await expect.poll(() => status("third")).toBe(401);
    expect(server.log()).toContain("nobody may come in");
  });

  it("does not start with a model that it can never load", async () => {
    await expect(startTestServer(["--memory", "0.001"])).rejects.toThrow(/stories needs \d+ MB of memory, the server may use 1\.0 MB/);
  });

  it("does not start for everybody where keys were meant", async () => {
    const open = startTestServer([], { env: { CRIA_API_KEYS: "" } });
    await expect(open).rejects.toThrow(/ended with 2: .*CRIA_API_KEYS has no keys/s);
  });
});

it("a key that has all its places is told so, and what was refused does not count", async () => {
  const limits = ["--parallel", "2", "--key-parallel", "1", "--queue", "0", "--key-rate", "3", "--ctx", "16384", "--contexts", "1"];
  const server = await startTestServer(limits, { env: { CRIA_API_KEYS: "ann first\nbob second" } });
  const [ann, bob] = ["first", "second"].map((key) => ({ authorization: `Bearer ${key}` }));
  const controller = new AbortController();
  const body = JSON.stringify({ prompt: "A", n_predict: -2, stream: true });
  await fetch(`${server.url}/completion`, { method: "POST", headers: ann, signal: controller.signal, body });
  for (let i = 0; i < 4; i++) {
    const refused = await chat(server, {}, ann);
    expect([refused.status, (await refused.json()).error.message]).toEqual([
      429,
      expect.stringMatching(/^all places that one caller may have/),
    ]);
  }
  expect((await chat(server, {}, bob)).status).toBe(200);
  controller.abort();
  await expect.poll(async () => (await chat(server, {}, ann)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

describe("a server with one place and few who may wait", () => {
  let server: TestServer;
  beforeAll(async () => {
    const keys = "ann first\nbob second\ncarl third";
    server = await startTestServer(["--parallel", "1", "--queue", "3", "--ctx", "16384", "--contexts", "1"], {
      env: { CRIA_API_KEYS: keys },
    });
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });
  const as = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
  const waiting = async (): Promise<number> => {
    const slots = (await (await fetch(`${server.url}/slots`, { headers: as("first") })).json()) as { state: string }[];
    return slots.filter(({ state }) => state === "waiting").length;
  };

  // The context is long, so that the first answer is not over before it is told to be.
  it("lets callers take turns, refuses who is too many in the words of its wire, and lets those go who hang up", async () => {
    const controller = new AbortController();
    const request = { method: "POST", headers: as("first"), signal: controller.signal };
    const running = await fetch(`${server.url}/completion`, {
      ...request,
      body: JSON.stringify({ prompt: "A", n_predict: -2, stream: true }),
    });
    const order: string[] = [];
    const others = ["first", "first", "second"].map(async (key, i) => {
      await expect.poll(waiting).toBe(i);
      const { status } = await chat(server, {}, as(key));
      order.push(key);
      expect(status).toBe(200);
    });
    await expect.poll(waiting).toBe(3);
    const refused = await chat(server, {}, as("third"));
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
      503,
      "2",
      { error: expect.objectContaining({ type: "server_error", code: "overloaded" }) },
    ]);
    const messages = long.messages;
    for (const [path, body, status] of [
      ["/tokenize", { content: "a" }, 503],
      ["/detokenize", { tokens: [1] }, 503],
      ["/apply-template", { messages }, 503],
      ["/v1/messages/count_tokens", { model: "stories", messages }, 529],
      ["/api/embed", { model: "stories", input: ["a", "b"], truncate: true }, 503],
    ] as const) {
      expect([path, (await post(server, path, body, as("third"))).status]).toEqual([path, status]);
    }
    controller.abort();
    await Promise.all(others);
    expect(order).toEqual(["first", "second", "first"]);
    await expect(running.text()).rejects.toThrow();
    expect(await waiting()).toBe(0);
  });

  it("tells `cria ps` what is loaded and what runs", async () => {
    using home = makeHome();
    const ps = (args: readonly string[], key: string) => home.cria(["ps", "--url", server.url, ...args], { env: { CRIA_API_KEY: key } });
    const controller = new AbortController();
    const body = JSON.stringify({ prompt: "A", n_predict: -2, stream: true });
    await fetch(`${server.url}/completion`, { method: "POST", headers: as("first"), signal: controller.signal, body });
    const { code, stdout } = await ps([], "second");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MODEL +MEMORY +CONTEXT +STAYS +RUNNING +WAITING\nstories +\S+ MB +16384 +until its room is needed +1 +0\n/);
    expect(stdout).toMatch(/\n\d+ +stories +\w+, of another key +\d+ s +\d+ \+ \d+ tokens\n$/);
    expect(JSON.parse((await ps(["--json"], "first")).stdout)).toMatchObject({ models: [{ name: "stories" }], running: [{ yours: true }] });
    expect(await ps([], "wrong")).toMatchObject({ code: 1, stderr: expect.stringMatching(/wants a key: set CRIA_API_KEY to another one/) });
    controller.abort();
    const nowhere = await home.cria(["ps", "--url", "http://127.0.0.1:9"]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/no server answers at http:\/\/127.0.0.1:9/) });
  });

  it("gives a request its several answers, one after the other", async () => {
    const { choices } = await (await chat(server, { n: 9 }, as("first"))).json();
    expect(choices).toHaveLength(9);
  });

  it("does not wait for a client that does not read", async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const body = JSON.stringify({ ...long, stream: true });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer second\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, "readable");
    expect((await chat(server, {}, as("first"))).status).toBe(200);
    socket.destroy();
  });
});

describe("a server for everybody", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(["--log-prompts"]);
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it("takes a request's id, or gives it one, tells it, and logs it", async () => {
    const named = await chat(server, {}, { "x-request-id": "trace-7.a:b" });
    expect(named.headers.get("x-request-id")).toBe("trace-7.a:b");
    await expect.poll(() => server.log()).toContain('"id":"trace-7.a:b","method":"POST"');
    for (const odd of ["two words", "x".repeat(200)]) {
      expect((await chat(server, {}, { "x-request-id": odd })).headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    }
    const failed = await post(server, "/v1/messages", {}, { "x-request-id": "mine" });
    expect(failed.headers.get("request-id")).toBe("mine");
  });

  it("logs that a model came into memory, and how long that took", async () => {
    await chat(server);
    await expect.poll(() => server.log()).toMatch(/"model":"stories","seconds":[\d.]+,"msg":"model loaded"/);
  });

  it("logs prompts where it was asked to", async () => {
    await chat(server, { messages: [{ role: "user", content: "xylophone" }] });
    await expect.poll(() => server.log()).toContain("xylophone");
  });
});

describe("a server with little time", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(["--request-timeout", "1"]);
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it("answers 504 when its time is over, and within a stream by an error", async () => {
    // Loading has no part in it.
    await expect.poll(async () => (await chat(server)).status, { timeout: 20_000 }).toBe(200);
    // Eight at a time, so that it takes more than a second.
    const late = await chat(server, { max_tokens: 700, n: 8 });
    expect([late.status, (await late.json()).error]).toEqual([
      504,
      { message: "the answer took longer than 1 seconds (--request-timeout)", type: "server_error", param: null, code: "timeout" },
    ]);
    const stream = await chat(server, { max_tokens: 700, n: 8, stream: true });
    expect(stream.status).toBe(200);
    const events = (await stream.text()).trim().split("\n\n");
    expect(events.length).toBeGreaterThan(8);
    expect(JSON.parse(events.at(-1)!.slice("data: ".length)).error).toMatchObject({ code: "timeout" });
  });
});

describe("SIGTERM", () => {
  it("says that it is not ready, begins nothing, finishes what runs, and ends with 0", async () => {
    const server = await startTestServer();
    const stream = await chat(server, { max_tokens: 300, stream: true });
    const ended = once(server.child, "exit");
    server.child.kill("SIGTERM");
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const refused = await chat(server);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    const text = await stream.text();
    expect(text).toMatch(/"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/s);
    expect((await ended)[0]).toBe(0);
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });

  it("tells those who are not answered in time why they get no more", async () => {
    // The context is long, so that the answer is not over before its end.
    const server = await startTestServer(["--drain", "0", "--ctx", "16384", "--contexts", "1", "--parallel", "1"]);
    const stream = await post(server, "/completion", { prompt: "A", n_predict: -2, stream: true });
    const [whole, message] = [chat(server), post(server, "/v1/messages", { ...long, ignore_eos: undefined })];
    await expect.poll(async () => (await (await fetch(`${server.url}/slots`)).json()).length).toBe(3);
    const ended = once(server.child, "exit");
    server.child.kill("SIGTERM");
    const error = { message: expect.stringMatching(/ended before the answer did/), code: "overloaded" };
    expect(JSON.parse((await stream.text()).trim().split("\n\n").at(-1)!.slice("data: ".length))).toMatchObject({ error });
    expect([(await whole).status, await (await whole).json()]).toMatchObject([503, { error }]);
    expect([(await message).status, await (await message).json()]).toMatchObject([529, { error: { type: "overloaded_error" } }]);
    expect((await ended)[0]).toBe(0);
    expect(server.log()).not.toMatch(/"status":499|"gone"/);
  });

  it("ends at once when it comes twice", async () => {
    const server = await startTestServer();
    const stream = await chat(server, { max_tokens: 700, n: 16, stream: true });
    const ended = once(server.child, "exit");
    server.child.kill("SIGTERM");
    await expect.poll(() => server.log()).toContain("Ctrl-C ends it at once");
    server.child.kill("SIGTERM");
    expect((await ended)[0]).toBe(143);
    await expect(stream.text()).rejects.toThrow();
  });
});
