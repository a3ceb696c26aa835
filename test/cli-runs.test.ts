// cria runs as a user meets it: the table, JSON, files, and the server with its page.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Home, makeHome, type Running, waitFor } from "./run-cli.ts";
import { beginLine, endLine, runLog, stepLines } from "./run-logs.ts";

let home: Home;
beforeAll(() => {
  home = makeHome();
  writeRun("small", runLog({ time: "2026-01-01T00:00:00Z", steps: 40, made: 40, dim: 64 }) + endLine("finished"));
  writeRun("large", runLog({ time: "2026-01-02T00:00:00Z", steps: 40, made: 20, dim: 128 }));
  writeRun("foreign", '{"loss":3}\n');
});
afterAll(() => home[Symbol.dispose]());

function writeRun(name: string, log: string, folder = "runs"): string {
  mkdirSync(join(home.folder, folder, name), { recursive: true });
  const path = join(home.folder, folder, name, "log.jsonl");
  writeFileSync(path, log);
  return path;
}

describe("runs", () => {
  it("is a table, the latest run first, unreadable ones with their reason", async () => {
    const { code, stdout, stderr } = await home.cria(["runs"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [head, large, small, foreign, , problem] = stdout.split("\n");
    expect(head).toMatch(/^run +state +steps +tokens +train loss +val loss +bits\/byte +tokens\/s +of peak +time$/);
    expect(large).toMatch(/^large +running +20 of 40 +20\.5k +3\.\d+ +3\.600 +1\.440 +1,024 +50% +20 s left$/);
    expect(small).toMatch(/^small +finished +40 of 40 +41k +2\.\d+ +3\.200 +1\.280 +1,024 +50% +40 s$/);
    expect(foreign).toMatch(/^foreign +unreadable/);
    expect(problem).toBe("foreign: no log of a run: none of its lines begins one");
  });

  it("is one JSON document with the curves", async () => {
    const { stdout } = await home.cria(["runs", "runs", "--json", "--run", "small"]);
    const { runs } = JSON.parse(stdout);
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ name: "small", state: "finished", config: { dim: 64 }, progress: { step: 40, validationLoss: 3.2 } });
    expect(runs[0].train.step).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(runs[0].train.metrics.loss.mean[39]).toBe(2);
    expect(runs[0].validation.metrics.bitsPerByte.mean.at(-1)).toBe(1.28);
  });

  it("reads the folder of one run, and says when there is none", async () => {
    expect((await home.cria(["runs", "runs/small"])).stdout.split("\n")[1]).toMatch(/^small +finished/);
    using elsewhere = makeHome();
    expect(await elsewhere.cria(["runs"])).toMatchObject({ code: 0, stdout: "no runs in runs: cria train makes them\n" });
    mkdirSync(join(home.folder, "empty"));
    expect(await home.cria(["runs", "empty"])).toMatchObject({ code: 0, stdout: "no runs in empty: cria train makes them\n" });
    expect(await home.cria(["runs", "nowhere"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("nowhere: there is no such folder: expected one with runs, or that of a run"),
    });
    expect(await home.cria(["runs", "--run", "smal"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--run smal: there is no such run: did you mean small?"),
    });
    expect(await home.cria(["runs", "--json", "--serve"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--serve and --json were given: expected one of them"),
    });
  });

  it("draws named runs as an SVG that needs nothing else", async () => {
    const { code, stderr } = await home.cria(["runs", "--run", "small", "--run", "large", "--svg", "plot.svg", "--plot", "bits-per-byte"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "plot.svg is written\n" });
    const svg = readFileSync(join(home.folder, "plot.svg"), "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain("small: train 0.8");
    expect(svg).toContain("validation 1.280");
    expect(svg.match(/class="run validation c[01]"/g)).toHaveLength(2);
    expect(svg).not.toMatch(/var\(|NaN|undefined|http(?!:\/\/www\.w3\.org)/);
  });

  it("says what the disk refuses", async () => {
    const { code, stderr } = await home.cria(["runs", "--html", "runs/small/log.jsonl/page.html"]);
    expect(code).toBe(1);
    expect(stderr).toContain("page.html: a file stands where a folder is needed: choose another place");
  });

  it("reads a million lines in a heap of 48 MB", { timeout: 180_000 }, async () => {
    const path = writeRun("long", beginLine({ time: "2026-01-01T00:00:00Z", steps: 1_000_000, dim: 64 }), "many");
    for (let from = 1; from <= 1_000_000; from += 50_000) {
      const lines = Array.from({ length: 50_000 }, (_, i) => `{"event":"step","step":${from + i},"tokens":${10 * (from + i)},"loss":2}\n`);
      appendFileSync(path, lines.join(""));
    }
    const { code, stdout, stderr } = await home.cria(["runs", "many", "--json"], { env: { NODE_OPTIONS: "--max-old-space-size=48" } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [{ train, progress }] = JSON.parse(stdout).runs;
    expect(progress).toMatchObject({ step: 1_000_000, tokens: 10_000_000, trainLoss: 2 });
    expect(train.step.length).toBeLessThanOrEqual(2000);
  });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** With a Host of one's own, which fetch does not allow. */
function get(url: string, { path = "/", host, method }: { path?: string; host?: string; method?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { Host: host };
    const sent = request(new URL(path, url), { headers, method }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on("error", reject).end();
  });
}

describe("runs --serve", () => {
  let server: Running;
  let url: string;
  beforeAll(async () => {
    writeRun("large", runLog({ time: "2026-01-02T00:00:00Z", steps: 40, made: 20, dim: 128 })); // not long ago: it still runs
    const port = await freePort();
    server = home.start(["runs", "--serve", "--port", String(port)]);
    await waitFor(server.stdout, "/\n");
    url = server.stdout().trim();
    expect(url).toBe(`http://127.0.0.1:${port}/`);
  }, 60_000);
  afterAll(async () => {
    server.process.kill("SIGKILL");
    await server.ended;
  }, 60_000);

  it("sends one page that asks nobody else for anything", async () => {
    const { status, headers, body } = await get(url);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(body).toContain("default-src 'none'");
    expect(body.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"']);
    expect((await get(url, { path: "/../package.json" })).status).toBe(404);
    expect((await get(url, { method: "POST" })).status).toBe(405);
  });

  it("sends the runs", async () => {
    const { names, reports } = JSON.parse((await get(url, { path: "/runs.json" })).body);
    expect(names).toEqual(["large", "small", "foreign"]);
    expect(reports.map(({ state }: { state: string }) => state)).toEqual(["running", "finished", "unreadable"]);
  });

  it.each(["evil.example", "127.0.0.1.evil.example", "evil.example:2742", "localhost.evil.example"])(
    "refuses a page that calls this machine %j",
    async (host) => {
      for (const path of ["/", "/runs.json", "/events"]) {
        const { status, body } = await get(url, { path, host });
        expect(status).toBe(403);
        expect(body).not.toContain("large");
      }
    },
  );

  it.each(["localhost", "LOCALHOST:80", "127.0.0.1:9000", "[::1]:2742"])("answers to %s, which may be a tunnel", async (host) => {
    expect((await get(url, { path: "/runs.json", host })).status).toBe(200);
  });

  it("tells what is written while somebody listens, of that run only", async () => {
    const response = await fetch(new URL("/events", url));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = eventsOf(response);
    const first = (await events.next()).value!;
    expect(first.reports).toHaveLength(3);
    appendFileSync(join(home.folder, "runs/large/log.jsonl"), stepLines(21, 22));
    const second = (await events.next()).value!;
    expect(second.names).toEqual(["large", "small", "foreign"]);
    expect(second.reports).toMatchObject([{ name: "large", progress: { step: 22 } }]);
    writeRun("new", runLog({ time: "2026-01-03T00:00:00Z", steps: 40, made: 1, dim: 64 }));
    const third = (await events.next()).value!;
    expect(third.names).toEqual(["new", "large", "small", "foreign"]);
    expect(third.reports).toMatchObject([{ name: "new", state: "running" }]);
    await events.return();
  });

  it("waits for a folder that is not there yet", async () => {
    using elsewhere = makeHome();
    const waiting = elsewhere.start(["runs", "--serve"]);
    await waitFor(waiting.stdout, "/\n");
    const there = async () => JSON.parse((await get(waiting.stdout().trim(), { path: "/runs.json" })).body).names;
    expect(await there()).toEqual([]);
    mkdirSync(join(elsewhere.folder, "runs/first"), { recursive: true });
    writeFileSync(join(elsewhere.folder, "runs/first/log.jsonl"), beginLine({ time: "2026-01-01T00:00:00Z", steps: 1, dim: 1 }));
    expect(await there()).toEqual(["first"]);
    waiting.process.kill("SIGINT");
    await waiting.ended;
  });

  it("refuses a port that is taken, and takes a free one by itself", async () => {
    const { port } = new URL(url);
    const { code, stderr } = await home.cria(["runs", "--serve", "--port", port]);
    expect(code).toBe(1);
    expect(stderr).toContain(`--port ${port}: another program listens there: choose another one, or leave it out for a free one`);
    const [one, two] = [home.start(["runs", "--serve"]), home.start(["runs", "--serve"])];
    await waitFor(one.stdout, "/\n");
    await waitFor(two.stdout, "/\n");
    expect(one.stdout()).not.toBe(two.stdout());
    for (const each of [one, two]) each.process.kill("SIGTERM");
    expect([(await one.ended).code, (await two.ended).code]).toEqual([0, 0]);
  });

  it("ends by Ctrl-C, with listeners", async () => {
    const response = await fetch(new URL("/events", url));
    server.process.kill("SIGINT");
    expect(await server.ended).toMatchObject({ code: 0, stderr: "Ctrl-C ends it\n" });
    await expect(response.text()).rejects.toThrow();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.on("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Told {
  names: string[];
  reports: unknown[];
}

async function* eventsOf(response: Response): AsyncGenerator<Told, void, void> {
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      yield JSON.parse(text.slice("data: ".length, end));
      text = text.slice(end + 2);
    }
  }
}
