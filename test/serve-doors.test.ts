// Who may come in by a browser: pages of other origins, and names that are not this server's, over plain HTTP and with whatever headers a browser sends.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "./start-server.ts";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** fetch() sets Host itself, and does not let a caller set it. */
function send(server: TestServer, method: string, path: string, headers: Record<string, string> = {}, body = ""): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asking = request(server.url + path, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    asking.on("error", reject).end(body);
  });
}

const chat = JSON.stringify({ model: "stories", messages: [{ role: "user", content: "Hi" }], max_tokens: 1 });
const app = "https://app.example";
const stranger = "https://evil.example";

/** What a browser asks before it lets a page send JSON and a key. */
const preflight = (server: TestServer, origin: string, path = "/v1/chat/completions"): Promise<Reply> =>
  send(server, "OPTIONS", path, {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  });

describe("a server for the pages of one origin", () => {
  let server: TestServer;
  let port: string;
  beforeAll(async () => {
    server = await startTestServer(["--cors", app, "--cors", "http://other.example:8080", "--allow-host", "box.lan"]);
    port = new URL(server.url).port;
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it.each([app, "http://other.example:8080"])("lets %s ask, before it asks and when it does", async (origin) => {
    const before = await preflight(server, origin);
    expect([before.status, before.text]).toEqual([204, ""]);
    expect(before.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": expect.stringMatching(/\bPOST\b/),
      "access-control-allow-headers": "authorization,content-type",
      "access-control-max-age": "600",
      vary: expect.stringMatching(/\bOrigin\b/i),
    });
    const answer = await send(server, "POST", "/v1/chat/completions", { origin, "x-request-id": "mine" }, chat);
    expect([answer.status, JSON.parse(answer.text).object]).toEqual([200, "chat.completion"]);
    expect(answer.headers).toMatchObject({ "access-control-allow-origin": origin, "x-request-id": "mine" });
    expect(String(answer.headers["access-control-expose-headers"]).split(",")).toEqual(
      expect.arrayContaining(["x-request-id", "request-id", "retry-after"]),
    );
    // A page that may not read an error cannot tell it.
    const refused = await send(server, "POST", "/v1/chat/completions", { origin }, "{");
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([400, origin]);
  });

  it.each([stranger, `${app}:444`, "http://app.example", "https://app.example.evil.example", "null", "http://127.0.0.1:1"])(
    "refuses pages of %s, each wire in its words, also before they ask",
    async (origin) => {
      const before = await preflight(server, origin);
      expect([before.status, before.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
      // A form may be sent without being asked for, and what it did would be done.
      const form = { origin, "content-type": "text/plain" };
      const openAi = await send(server, "POST", "/v1/chat/completions", form, chat);
      expect([openAi.status, JSON.parse(openAi.text).error.message]).toEqual([
        403,
        `pages of ${origin} may not ask this server: allow them with --cors ${origin}`,
      ]);
      const ollama = await send(server, "POST", "/api/chat", form, chat);
      expect([ollama.status, JSON.parse(ollama.text)]).toEqual([403, { error: expect.stringMatching(/^pages of .* may not ask/) }]);
      const anthropic = await send(server, "POST", "/v1/messages", form, chat);
      expect([anthropic.status, JSON.parse(anthropic.text).error.type]).toEqual([403, "permission_error"]);
      for (const { headers } of [openAi, ollama, anthropic]) expect(headers["access-control-allow-origin"]).toBeUndefined();
    },
  );

  it("takes its own page, by each of its names, and programs, which have no origin", async () => {
    for (const name of ["127.0.0.1", "localhost", "[::1]", "box.lan", "LocalHost"]) {
      const host = `${name}:${port}`;
      expect((await send(server, "GET", "/v1/models", { host })).status).toBe(200);
      expect((await send(server, "GET", "/v1/models", { host, origin: `http://${host.toLowerCase()}` })).status).toBe(200);
    }
    expect((await send(server, "GET", "/v1/models", { host: "localhost" })).status).toBe(200); // behind a proxy on port 80
  });

  it("does not answer to a name that is not its own, however it came to this address", async () => {
    for (const name of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
      const host = `${name}:${port}`;
      // To its browser the page is at home here.
      const headers = { host, origin: `http://${host}` };
      for (const [method, path] of [
        ["GET", "/v1/models"],
        ["POST", "/v1/chat/completions"],
        ["POST", "/api/chat"],
        ["GET", "/"],
        ["GET", "/health"],
      ]) {
        const { status, text } = await send(server, method, path, headers, method === "POST" ? chat : "");
        expect([path, status, text]).toEqual([path, 403, expect.stringContaining("this server is not called")]);
      }
    }
  });
});

describe("a server for all pages, with keys", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(["--cors", "*", "--key-rate", "1"], { env: { CRIA_API_KEYS: "ann secret-1" } });
  });
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it("lets any page ask, and its browser show what comes, errors too", async () => {
    const before = await preflight(server, stranger);
    expect([before.status, before.headers["access-control-allow-origin"]]).toEqual([204, "*"]);
    const headers = { origin: stranger, authorization: "Bearer secret-1" };
    const answer = await send(server, "POST", "/v1/chat/completions", headers, chat);
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
    const late = await send(server, "POST", "/v1/chat/completions", headers, chat);
    expect([late.status, late.headers["access-control-allow-origin"]]).toEqual([429, "*"]);
    expect(Number(late.headers["retry-after"])).toBeGreaterThan(0);
    expect(String(late.headers["access-control-expose-headers"]).split(",")).toContain("retry-after");
    const nobody = await send(server, "POST", "/api/chat", { origin: stranger }, chat);
    expect([nobody.status, nobody.headers["access-control-allow-origin"]]).toEqual([401, "*"]);
    // Keys travel in headers that pages set themselves: cookies and the like are not asked for.
    for (const { headers: told } of [before, answer]) expect(told["access-control-allow-credentials"]).toBeUndefined();
  });

  it("answers to its own names alone, all the same", async () => {
    const { status } = await send(server, "GET", "/v1/models", { host: "evil.example", authorization: "Bearer secret-1" });
    expect(status).toBe(403);
  });
});
