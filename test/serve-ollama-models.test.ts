// Ollama's own client asks a real server which models there are, gets others from a hub, makes and deletes them.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ollama, type ProgressResponse } from "ollama";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeHub, startFakeHub } from "./fake-hub.ts";
import { type Home, makeHome } from "./run-cli.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

const bundled = "llama-cria-stories";
const weights = await readFile(fileURLToPath(new URL(`../models/${bundled}.gguf`, import.meta.url)));
const pulled = "hf:meta/tiny-GGUF/tiny.Q8_0.gguf";
const messages = [{ role: "user", content: "Tell a story about a dog." }];

let home: Home;
let hub: FakeHub;
let server: TestServer;
let client: Ollama;
beforeAll(async () => {
  home = makeHome();
  hub = await startFakeHub({ "meta/tiny-GGUF": { files: { "tiny.Q8_0.gguf": weights, "tiny.Q4_0.gguf": "not a model".repeat(200) } } });
  server = await startTestServer([], { models: [], env: { ...home.env, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: home.folder } });
  client = new Ollama({ host: server.url });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await hub[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

const names = async () => (await client.list()).models.map(({ name }) => name);
const running = async () => (await client.ps()).models.map(({ name }) => name);

it("tells the version of Ollama that clients look for, and its own", async () => {
  expect(await client.version()).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    cria: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});

it("lists models with what their files say", async () => {
  const { models } = await client.list();
  expect(models).toMatchObject([{ name: bundled, model: bundled, size: weights.length, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(models[0].details).toEqual({
    parent_model: "",
    format: "gguf",
    family: "llama",
    families: ["llama"],
    parameter_size: "3.22M",
    quantization_level: "Q8_0",
  });
});

it("shows one", async () => {
  const shown = await client.show({ model: `${bundled}:latest` });
  expect(shown).toMatchObject({ details: { family: "llama" }, system: "", parameters: "", capabilities: ["completion"] });
  expect(shown.template).toContain("<|start_header_id|>");
  expect(shown.model_info).toMatchObject({
    "general.architecture": "llama",
    "general.parameter_count": 3221952,
    "llama.context_length": 1024,
    "tokenizer.ggml.tokens": null,
  });
  await expect(client.show({ model: "llama9" })).rejects.toMatchObject({
    status_code: 404,
    message: expect.stringMatching(/^model not found/),
  });
});

it("keeps a model loaded for as long as it is told", async () => {
  expect(await running()).toEqual([]);
  expect(await client.chat({ model: bundled, messages: [], keep_alive: "1h" })).toMatchObject({ done: true, done_reason: "load" });
  const { models } = await client.ps();
  expect(models).toMatchObject([{ name: bundled, size_vram: 0, context_length: 1024 }]);
  const left = Date.parse(String(models[0].expires_at)) - Date.now();
  expect(left).toBeGreaterThan(3_500_000);
  expect(left).toBeLessThan(3_600_001);
  expect(await client.generate({ model: bundled, prompt: "", keep_alive: -1 })).toMatchObject({ done_reason: "load" });
  expect(String((await client.ps()).models[0].expires_at)).toMatch(/^9999-/);
  expect(await client.generate({ model: bundled, prompt: "", keep_alive: 0 })).toMatchObject({ response: "", done_reason: "unload" });
  expect(await running()).toEqual([]);
});

describe("pull", () => {
  it("tells how far it is, and the model is there, by Ollama's name for it too", async () => {
    const reports: ProgressResponse[] = [];
    for await (const report of await client.pull({ model: "hf.co/meta/tiny-GGUF:Q8_0", stream: true })) reports.push(report);
    expect(reports[0].status).toBe("pulling manifest");
    expect(reports.at(-1)!.status).toBe("success");
    const arrived = reports.filter(({ completed }) => completed !== undefined).at(-1)!;
    expect(arrived).toMatchObject({
      total: weights.length,
      completed: weights.length,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(arrived.status).toBe(`pulling ${arrived.digest.slice(7, 19)}`);
    expect(await names()).toEqual([pulled, bundled]);
    for (const model of [pulled, "hf.co/meta/tiny-GGUF:Q8_0", "hf.co/meta/tiny-GGUF"]) {
      const { message } = await client.chat({ model, messages, options: { num_predict: 3 } });
      expect(message.content, model).toMatch(/\w/);
    }
    expect(await running()).toEqual([pulled]);
  });

  it.each([
    ["llama3.2", /pull from Hugging Face, as hf\.co\/owner\/repo/],
    ["hf.co/meta/tiny-GGUF:Q5_K_M", /has no model of Q5_K_M\n {2}tiny\.Q4_0\.gguf/],
    ["hf:meta/nothing", /does not exist/],
    ["hf:../../etc/passwd", /expected hf:owner\/repo/],
  ])("refuses %s", async (model, message) => {
    for (const stream of [false, true]) {
      const error = await (async () => {
        for await (const _ of [await client.pull({ model, stream: stream as true })].flat()) if (stream) for await (const __ of _) void __;
      })().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: expect.stringMatching(message) });
    }
  });
});

describe("what is no mistake of who asks", () => {
  const post = async (path: string, body: object) => {
    const answer = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });
    return { status: answer.status, text: await answer.text() };
  };
  const made = (): string => join(home.env.CRIA_HOME, "made");

  it("has a status of its own, and tells nothing of where things lie", async () => {
    hub.repos["meta/odd-GGUF"] = { files: { "odd.gguf": weights }, claims: { "odd.gguf": { lfs: undefined, blobId: undefined } } };
    const pull = { model: "hf:meta/odd-GGUF", stream: false };
    expect(await post("/api/pull", pull)).toEqual({ status: 502, text: expect.stringContaining("gives no hash for odd.gguf") });

    delete hub.repos["meta/odd-GGUF"].claims;
    const folder = join(home.env.CRIA_HOME, "models/meta/odd-GGUF/main");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "lock"), String(process.pid));
    expect(await post("/api/pull", pull)).toEqual({ status: 409, text: expect.stringContaining("is being pulled or deleted now") });
    await rm(folder, { recursive: true });

    await writeFile(made(), "");
    const copy = { source: bundled, destination: "other" };
    const refused = await post("/api/copy", copy);
    expect(refused).toEqual({ status: 500, text: expect.stringContaining("a file stands where a folder is needed") });
    expect(refused.text).not.toContain(home.folder);
    expect(server.log()).toContain(made()); // where who runs the server can see it
    await rm(made());
  });

  it.skipIf(process.platform !== "linux")("is a full disk, too", async () => {
    await mkdir(made());
    await symlink("/dev/full", join(made(), "other.json.new")); // every write to it meets a full disk
    const refused = await post("/api/copy", { source: bundled, destination: "other" });
    expect(refused).toEqual({ status: 507, text: expect.stringContaining("the disk is full") });
    expect(refused.text).not.toContain(home.folder);
    await rm(made(), { recursive: true });
  });
});

describe("create, copy, delete", () => {
  const parameters = { temperature: 0, num_predict: 7, stop: ["zebra"] };

  it("makes a model with settings of its own, which every wire goes by", async () => {
    expect(await client.create({ model: "brief", from: pulled, system: "Be brief.", parameters, stream: false })).toEqual({
      status: "success",
    });
    expect(await names()).toEqual([pulled, "brief", bundled]);
    const shown = await client.show({ model: "brief" });
    expect(shown).toMatchObject({ system: "Be brief.", details: { parent_model: pulled } });
    expect(shown.parameters.split("\n").map((line) => line.split(/\s+/))).toEqual([
      ["num_predict", "7"],
      ["stop", '"zebra"'],
      ["temperature", "0"],
    ]);
    const first = await client.chat({ model: "brief", messages });
    expect(first).toMatchObject({ done_reason: "length", eval_count: 7 });
    const body = JSON.stringify({ model: "brief", messages });
    const response = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", body });
    expect((await response.json()).choices[0].message.content).toBe(first.message.content);
    expect(await client.chat({ model: "brief", messages, options: { num_predict: 2 } })).toMatchObject({ eval_count: 2 });
    // The weights are those of the model that it was made of, and are told under both names.
    expect(await running()).toEqual([pulled, "brief"]);
  });

  it("cria list shows it", async () => {
    const { models } = JSON.parse((await home.cria(["list", "--json"])).stdout);
    expect(models.find(({ name }: { name: string }) => name === "brief")).toMatchObject({ made: { from: pulled, system: "Be brief." } });
  });

  it("copies, and deletes what was made or pulled here, in this order", async () => {
    await client.copy({ source: "brief", destination: "ann/short:v1" });
    expect((await client.show({ model: "ann/short:v1" })).system).toBe("Be brief.");
    await expect(client.delete({ model: pulled })).rejects.toMatchObject({
      status_code: 403,
      message: expect.stringMatching(/brief.*made of/),
    });
    await client.delete({ model: "brief" });
    await client.delete({ model: "ann/short:v1" });
    await client.delete({ model: pulled });
    expect(await names()).toEqual([bundled]);
    expect(await running()).toEqual([]);
    await expect(client.delete({ model: bundled })).rejects.toMatchObject({ status_code: 403 });
    await expect(client.delete({ model: "brief" })).rejects.toMatchObject({ status_code: 404 });
  });

  it("keeps no weights under a name that was deleted", async () => {
    await client.create({ model: "other", from: bundled, stream: false });
    await client.chat({ model: "other", messages, options: { num_predict: 1 } });
    expect(await running()).toEqual(["other"]);
    await client.chat({ model: bundled, messages, options: { num_predict: 1 } });
    await client.delete({ model: "other" });
    expect(await running()).toEqual([bundled]);
    await client.generate({ model: bundled, prompt: "", keep_alive: 0 });
    expect(await running()).toEqual([]);
  });

  it("serves what Ollama has by Ollama's name for it, and does not touch it", async () => {
    const store = join(home.env.OLLAMA_MODELS, "manifests/registry.ollama.ai/library/story");
    const digest = createHash("sha256").update(weights).digest("hex");
    await mkdir(store, { recursive: true });
    await mkdir(join(home.env.OLLAMA_MODELS, "blobs"));
    await writeFile(join(home.env.OLLAMA_MODELS, "blobs", `sha256-${digest}`), weights);
    const layer = { mediaType: "application/vnd.ollama.image.model", digest: `sha256:${digest}`, size: weights.length };
    await writeFile(join(store, "latest"), JSON.stringify({ layers: [layer] }));
    await expect.poll(names, { timeout: 10_000 }).toContain("ollama:story"); // disks are looked at once a second
    for (const model of ["story", "story:latest", "ollama:story"]) {
      expect(await client.chat({ model, messages, options: { num_predict: 2 } }), model).toMatchObject({ model, eval_count: 2 });
    }
    await expect(client.delete({ model: "story" })).rejects.toMatchObject({ status_code: 403 });
    expect(await names()).toContain("ollama:story");
  });

  it.each([
    [{ model: "x", from: bundled, quantize: "q4_0" }, 400, /^quantize cannot be made/],
    [{ model: "x", from: bundled, template: "{{ .Prompt }}" }, 400, /^template cannot be made/],
    [{ model: "x", from: bundled, parameters: { temprature: 1 } }, 400, /parameters\.temprature/],
    [{ model: "x", from: bundled, parameters: { mirostat: 2, mirostat_eta: 5 } }, 400, /mirostat.eta is 5/],
    [{ model: "x", from: bundled, parameters: { stop: [""] } }, 400, /stop string 1 of 1 is empty/],
    [{ model: "x", from: bundled, parameters: { temperature: "hot" } }, 400, /parameters\.temperature is "hot"/],
    [{ model: "x" }, 400, /^from is missing/],
    [{ model: "x", from: "nothing" }, 404, /^model not found/],
    [{ model: "a/".repeat(62) + "b", from: bundled }, 400, /is too long a name for a model/],
    [{ model: "x", from: bundled, system: "Be brief. ".repeat(110_000) }, 400, /have 11\d{5} letters: expected 1048576 at most/],
    [{ model: "../x y", from: bundled }, 400, /is no name for a model/],
    [{ model: "hf:a/b", from: bundled }, 400, /choose another one/],
    [{ model: bundled, from: bundled }, 403, /is there already/],
  ])("refuses to make %j", async (request, status, message) => {
    const response = client.create({ ...request, stream: false } as never);
    await expect(response).rejects.toMatchObject({ status_code: status, message: expect.stringMatching(message) });
  });
});
