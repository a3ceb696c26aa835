// Clients that a server in the open meets: those that hang up, write nonsense, write slowly, or do not read.
import { Agent, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createRng, type Rng } from "../src/tensor/rng.ts";

export interface Reply {
  readonly status: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Posts bytes as they are. */
export function post(url: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      url,
      { method: "POST", agent, headers: { ...headers, "Content-Length": Buffer.byteLength(body) } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (more: string) => {
          text += more;
        });
        response.on("end", () => resolve({ status: response.statusCode!, text }));
        response.on("error", reject);
      },
    );
    asked.on("error", reject).end(body);
  });
}

export function hangUpAgent(): void {
  agent.destroy();
}

/** Does something so many times, a few at a time. */
export async function crowd(count: number, together: number, each: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await each(next++);
  };
  await Promise.all(Array.from({ length: together }, one));
}

function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once("error", reject);
  });
}

function head(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}

const long = JSON.stringify({ messages: [{ role: "user", content: "Tell a story." }], stream: true, ignore_eos: true });
const chat = "/v1/chat/completions";

/** Where a client may leave. */
const stages = ["connected", "in the head", "before the body", "in the body", "when it has asked", "while it is answered"] as const;

/** Connects, comes as far as a stage, and hangs up: by a reset or in good order. */
export async function hangUp(url: string, i: number): Promise<void> {
  const stage = stages[i % stages.length];
  const socket = await open(url);
  socket.on("error", () => {});
  const whole = head(chat, Buffer.byteLength(long)) + long;
  const sent: Record<(typeof stages)[number], string> = {
    connected: "",
    "in the head": whole.slice(0, 40),
    "before the body": head(chat, Buffer.byteLength(long)),
    "in the body": whole.slice(0, -20),
    "when it has asked": whole,
    "while it is answered": whole,
  };
  if (sent[stage] !== "") socket.write(sent[stage]);
  if (stage === "while it is answered") {
    // Nothing, where the server is full and says so.
    await Promise.race([new Promise((resolve) => socket.once("data", resolve)), delay(2000, undefined, { ref: false })]);
  } else {
    await delay(i % 7);
  }
  if (i % 2 === 0) socket.resetAndDestroy();
  else socket.destroy();
}

/** Writes bytes that may be no HTTP. @returns the statuses that came until the server hung up */
export async function statusesFor(url: string, bytes: string): Promise<number[]> {
  const socket = await open(url);
  socket.on("error", () => {});
  let text = "";
  socket.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
}

/** Writes a byte now and then, and never comes to an end. @returns hangs up */
export async function slowLoris(url: string, inBody: boolean): Promise<() => void> {
  const socket = await open(url);
  socket.on("error", () => {});
  let at = 0;
  const text = inBody ? head(chat, 1000) + " ".repeat(1000) : `GET /health HTTP/1.1\r\n${"X-A: b\r\n".repeat(1000)}`;
  const timer = setInterval(() => socket.write(text[at++ % text.length]), 50);
  socket.on("close", () => clearInterval(timer));
  return () => {
    clearInterval(timer);
    socket.destroy();
  };
}

/** Asks for a stream, and reads nothing of it. @returns hangs up */
export async function neverReads(url: string): Promise<() => void> {
  const socket = await open(url);
  socket.on("error", () => {});
  socket.pause();
  const body = JSON.stringify({ ...JSON.parse(long), n: 4, logprobs: true, top_logprobs: 20 });
  socket.write(head(chat, Buffer.byteLength(body)) + body);
  return () => socket.destroy();
}

const messages = [{ role: "user", content: "Hi" }];

/** A request at each path that reads a body: answered as it stands, in a few tokens. */
const requests: readonly (readonly [path: string, body: Record<string, unknown>])[] = [
  [chat, { messages, max_tokens: 2, temperature: 0.5, stop: ["x"], logit_bias: { 5: 1 }, n: 1, seed: 1 }],
  [chat, { messages, max_tokens: 2, tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }] }],
  [chat, { messages, max_tokens: 2, response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } } }],
  ["/v1/completions", { prompt: "A", max_tokens: 2, echo: true, logprobs: 1 }],
  ["/v1/embeddings", { input: ["a", "b"], encoding_format: "float" }],
  ["/v1/responses", { input: "Hi", max_output_tokens: 2, store: false }],
  ["/v1/messages", { messages, max_tokens: 2, system: "Be brief." }],
  ["/v1/messages/count_tokens", { messages }],
  ["/api/chat", { model: "stories", messages, stream: false, options: { num_predict: 2, seed: 3 } }],
  ["/api/generate", { model: "stories", prompt: "A", stream: false, options: { num_predict: 2 } }],
  ["/api/show", { model: "stories" }],
  ["/completion", { prompt: "A", n_predict: 2, seed: 4, logit_bias: [[5, 1]] }],
  ["/tokenize", { content: "A b", with_pieces: true }],
  ["/detokenize", { tokens: [1, 2] }],
  ["/apply-template", { messages }],
  ["/rerank", { query: "a", documents: ["b", "c"] }],
];

/** What a field may hold instead: each is wrong somewhere. */
const values: readonly ((rng: Rng) => unknown)[] = [
  () => true,
  () => [],
  () => ({}),
  () => "",
  () => "text",
  () => "\ud800",
  () => "\u0000",
  () => "x".repeat(3000),
  () => -1,
  () => 0.5,
  () => 1e308,
  () => 2 ** 53,
  () => [[[[]]]],
  () => [null],
  () => ({ constructor: 1, toString: {}, hasOwnProperty: null }),
  (rng) => Array.from({ length: 40 }, () => rng.integer(1_000_000)),
];

/** A broken or strange request, always the same one for the same rng. */
export function strangeRequest(rng: Rng): { readonly path: string; readonly body: string | Uint8Array } {
  const [path, whole] = requests[rng.integer(requests.length)];
  const text = JSON.stringify(whole);
  switch (rng.integer(8)) {
    case 0: // cut
      return { path, body: text.slice(0, rng.integer(text.length)) };
    case 1: {
      // a byte that is another
      const bytes = new TextEncoder().encode(text);
      bytes[rng.integer(bytes.length)] = rng.integer(256);
      return { path, body: bytes };
    }
    case 2: // noise
      return { path, body: Uint8Array.from({ length: rng.integer(200) }, () => rng.integer(256)) };
    case 3: {
      const deep = 1 + rng.integer(20_000);
      return { path, body: "[".repeat(deep) + (rng.integer(2) === 0 ? "]".repeat(deep) : "") };
    }
    case 4: // a prototype, in the text as nobody's JSON.stringify would write it
      return { path, body: `{"__proto__": {"stream": true, "n": 5}, "constructor": {"prototype": {}}, ${text.slice(1)}` };
    case 5: {
      const deep = 1 + rng.integer(3000);
      const name = Object.keys(whole)[rng.integer(Object.keys(whole).length)];
      return { path, body: `{${JSON.stringify(name)}: ${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}` };
    }
    case 6: // the body is something else
      return { path, body: JSON.stringify(values[rng.integer(values.length)](rng)) };
    default: {
      const changed = structuredClone(whole);
      change(changed, rng);
      return { path, body: JSON.stringify(changed).replace("1e+308", rng.integer(2) === 0 ? "1e999" : "-1e999") };
    }
  }
}

/** Changes one thing somewhere within. */
function change(value: Record<string, unknown>, rng: Rng): void {
  const names = Object.keys(value);
  const name = names[rng.integer(names.length)];
  const inner = value[name];
  if (typeof inner === "object" && inner !== null && Object.keys(inner).length > 0 && rng.integer(2) === 0) {
    change(inner as Record<string, unknown>, rng);
  } else {
    value[name] = values[rng.integer(values.length)](rng);
  }
}

/** The same rng for the same place in a series. */
export function rngAt(i: number): Rng {
  return createRng(i);
}
