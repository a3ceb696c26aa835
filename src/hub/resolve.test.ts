import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeHub, startFakeHub } from "../../test/fake-hub.ts";
import { UnsupportedError, UsageError } from "../errors.ts";
import type { Environment } from "./environment.ts";
import { listModels } from "./list.ts";
import { forgetMade, keepMade, type MadeModel } from "./made-models.ts";
import { type PullOptions, pull } from "./pull.ts";
import { removePulled } from "./remove.ts";
import { resolveModel } from "./resolve.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cria-resolve-"));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await rm(home, { recursive: true });
});

/** No test may see the models of whoever runs it. */
const env = (more: Environment = {}): Environment => ({ HOME: home, OLLAMA_MODELS: join(home, ".ollama", "models"), ...more });
/** An endpoint that would fail: what resolves with it was found on this machine. */
const offline = (more?: Environment): PullOptions => ({ env: env(more), endpoint: "http://127.0.0.1:1", retryDelayMs: 1 });

async function put(path: string, content: string | Uint8Array = "GGUF"): Promise<string> {
  const full = join(home, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, content);
  return full;
}

const digest = "3a1f".repeat(16);
async function putOllama(name: string, layer: object = {}, root = ".ollama/models"): Promise<string> {
  const layers = [
    { mediaType: "application/vnd.ollama.image.template", digest: `sha256:${"0".repeat(64)}`, size: 9 },
    { mediaType: "application/vnd.ollama.image.model", digest: `sha256:${digest}`, size: 4, ...layer },
  ];
  await put(`${root}/manifests/${name}`, JSON.stringify({ schemaVersion: 2, config: {}, layers }));
  return put(`${root}/blobs/sha256-${digest}`);
}

const commit = "c0ffee".repeat(6) + "c0ff";
/** A repository as huggingface_hub leaves it: blobs, and links to them. */
async function putHfCache(repo: string, files: string[], revision = "main", hub = ".cache/huggingface/hub"): Promise<string> {
  const base = `${hub}/models--${repo.replace("/", "--")}`;
  await put(`${base}/refs/${revision}`, commit);
  for (const [i, name] of files.entries()) {
    const blob = await put(`${base}/blobs/${i}`, name);
    const link = join(home, base, "snapshots", commit, name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(blob, link);
  }
  return join(home, base, "snapshots", commit);
}

describe("a path", () => {
  it("is a file or a folder as it is", async () => {
    const path = await put("models/a.gguf");
    expect(await resolveModel(path, offline())).toEqual({ kind: "file", path });
    expect(await resolveModel(pathToFileURL(path).href, offline())).toEqual({ kind: "file", path });
    expect(await resolveModel(dirname(path), offline())).toEqual({ kind: "folder", path: dirname(path) });
  });
});

describe("a URL", () => {
  it("passes through, in a browser too", async () => {
    const url = "https://example.org/model.gguf";
    expect(await resolveModel(url, offline())).toEqual({ kind: "url", url });
    vi.stubGlobal("process", undefined);
    expect(await resolveModel(url)).toEqual({ kind: "url", url });
  });
});

describe("in a browser", () => {
  beforeEach(() => void vi.stubGlobal("process", undefined));

  it("a file of the hub is an address there", async () => {
    const url = "https://huggingface.co/meta/tiny/resolve/v1/Q8%200/a.gguf";
    expect(await resolveModel("hf:meta/tiny@v1/Q8 0/a.gguf")).toEqual({ kind: "url", url });
  });

  it("a path, and a repository without a file, are told what to give instead", async () => {
    await expect(resolveModel("./a.gguf")).rejects.toThrow(UnsupportedError);
    await expect(resolveModel("ollama:llama3.2")).rejects.toThrow(/a browser has no file system: give an https URL/);
    await expect(resolveModel("hf:meta/tiny")).rejects.toThrow(/the file has to be named: hf:meta\/tiny\/FILE.gguf/);
  });
});

describe("Ollama's models", () => {
  it("open where they are, under Ollama's names", async () => {
    const blob = await putOllama("registry.ollama.ai/library/llama3.2/latest");
    await putOllama("registry.ollama.ai/library/llama3.2/1b");
    await putOllama("registry.ollama.ai/someone/story/latest");
    await putOllama("hf.co/meta/tiny/Q8_0");
    const { models, problems } = await listModels({ env: env() });
    const names = ["ollama:hf.co/meta/tiny:Q8_0", "ollama:llama3.2:1b", "ollama:llama3.2", "ollama:someone/story"];
    expect(models).toEqual(names.map((name) => ({ name, kind: "file", path: blob, size: 4 })));
    expect(problems).toEqual([]);
    for (const name of [...names, "ollama:llama3.2:latest", "llama3.2", "llama3.2:1b", "someone/story", "hf.co/meta/tiny:Q8_0"]) {
      expect(await resolveModel(name, offline())).toEqual({ kind: "file", path: blob });
    }
  });

  it("are looked for where OLLAMA_MODELS says", async () => {
    const blob = await putOllama("registry.ollama.ai/library/llama3.2/latest", {}, "elsewhere");
    expect(await resolveModel("ollama:llama3.2", offline({ OLLAMA_MODELS: join(home, "elsewhere") }))).toEqual({
      kind: "file",
      path: blob,
    });
  });

  it("with a digest that is also a GGUF's older spelling are read", async () => {
    const blob = await putOllama("registry.ollama.ai/library/old/latest", { digest: `sha256-${digest}` });
    expect(await resolveModel("ollama:old", offline())).toEqual({ kind: "file", path: blob });
  });

  it.each([
    [
      "leads out of the folder",
      { digest: "sha256:../../../../etc/passwd" },
      /gives the digest "sha256:..\/..\/..\/..\/etc\/passwd", expected/,
    ],
    ["has no digest", { digest: undefined }, /gives the digest undefined/],
    ["names weights that are not there", { digest: `sha256:${"9".repeat(64)}` }, /are missing: pull it again with Ollama/],
    ["names weights of another size", { size: 5 }, /have 4 bytes of 5/],
    ["has no weights", { mediaType: "application/vnd.ollama.image.license" }, /names no weights in one GGUF/],
  ])("whose manifest %s are not opened, and the reason is told", async (_, layer, message) => {
    await putOllama("registry.ollama.ai/library/bad/latest", layer);
    await putOllama("registry.ollama.ai/library/good/latest");
    expect((await listModels({ env: env() })).models.map(({ name }) => name)).toEqual(["ollama:good"]);
    await expect(resolveModel("ollama:bad", offline())).rejects.toThrow(message);
  });

  it.each([
    ["not JSON", "{"],
    ["brackets without end", "[".repeat(1e5)],
    ["a list", "[]"],
    ["layers that are none", '{"layers": [null, 1]}'],
    ["two megabytes", " ".repeat(2e6)],
  ])("whose manifest is %s do not stop the list", async (_, text) => {
    await put(".ollama/models/manifests/registry.ollama.ai/library/bad/latest", text);
    const { models, problems } = await listModels({ env: env() });
    expect([models.length, problems.length]).toEqual([0, 1]);
    expect(problems[0]).toMatch(/^ollama:bad: its manifest /);
  });
});

describe("LM Studio's models", () => {
  it.each([".lmstudio/models", ".cache/lm-studio/models"])("open where they are, in %s", async (root) => {
    const path = await put(`${root}/meta/tiny-GGUF/tiny-Q8_0.gguf`);
    await put(`${root}/meta/tiny-GGUF/mmproj-tiny.gguf`);
    await put(`${root}/meta/split-GGUF/split-00001-of-00002.gguf`);
    await put(`${root}/meta/mlx/config.json`, "{}");
    await put(`${root}/meta/mlx/model.safetensors`, "four");
    const { models } = await listModels({ env: env() });
    expect(models).toEqual([
      { name: "lmstudio:meta/mlx", kind: "folder", path: join(home, root, "meta", "mlx"), size: 6 },
      { name: "lmstudio:meta/tiny-GGUF/tiny-Q8_0.gguf", kind: "file", path, size: 4 },
    ]);
    expect(await resolveModel("lmstudio:meta/tiny-GGUF/tiny-Q8_0.gguf", offline())).toEqual({ kind: "file", path });
  });
});

describe("the Hugging Face cache", () => {
  const checkpoint = ["config.json", "model.safetensors", "tokenizer.json"];

  it("opens where it is, by its own name and by the hub's, without a download", async () => {
    const path = await putHfCache("meta/tiny", [...checkpoint, "gguf/tiny.gguf"]);
    const { models, problems } = await listModels({ env: env() });
    expect(models.map(({ name, kind }) => [name, kind])).toEqual([
      ["hf-cache:meta/tiny", "folder"],
      ["hf-cache:meta/tiny/gguf/tiny.gguf", "file"],
    ]);
    expect(problems).toEqual([]);
    for (const name of ["hf-cache:meta/tiny", "hf:meta/tiny", `hf:meta/tiny@${commit}`, "meta/tiny"]) {
      expect(await resolveModel(name, offline())).toEqual({ kind: "folder", path });
    }
    expect(await resolveModel("hf:meta/tiny/gguf/tiny.gguf", offline())).toEqual({ kind: "file", path: join(path, "gguf", "tiny.gguf") });
  });

  it("keeps revisions apart", async () => {
    const path = await putHfCache("meta/tiny", checkpoint, "refs/pr/1");
    expect((await listModels({ env: env() })).models.map(({ name }) => name)).toEqual(["hf-cache:meta/tiny@refs%2Fpr%2F1"]);
    expect(await resolveModel("hf:meta/tiny@refs%2Fpr%2F1", offline())).toEqual({ kind: "folder", path });
  });

  it.each([
    ["HF_HOME", (): Environment => ({ HF_HOME: join(home, "hf") }), "hf/hub"],
    ["HF_HUB_CACHE", (): Environment => ({ HF_HUB_CACHE: join(home, "hub"), HF_HOME: join(home, "hf") }), "hub"],
    ["XDG_CACHE_HOME", (): Environment => ({ XDG_CACHE_HOME: join(home, "xdg") }), "xdg/huggingface/hub"],
  ])("is looked for where %s says", async (_, more, hub) => {
    const path = await putHfCache("meta/tiny", checkpoint, "main", hub);
    expect(await resolveModel("hf:meta/tiny", offline(more()))).toEqual({ kind: "folder", path });
  });

  it("is not followed out of its folder", async () => {
    const secret = await put("secret.gguf");
    const path = await putHfCache("meta/tiny", ["config.json"]);
    await symlink(secret, join(path, "tiny.gguf"));
    const { models, problems } = await listModels({ env: env() });
    expect(models).toEqual([]);
    expect(problems).toEqual(["hf-cache:meta/tiny: its reference or its files lead out of the cache, or to nothing"]);

    await put(".cache/huggingface/hub/models--meta--evil/refs/main", "../../../..");
    expect((await listModels({ env: env() })).models).toEqual([]);
  });

  it("may hold circles of links", async () => {
    const path = await putHfCache("meta/tiny", checkpoint);
    await symlink(path, join(path, "again"));
    expect(await resolveModel("hf:meta/tiny", offline())).toEqual({ kind: "folder", path });
  });
});

describe("cria's cache", () => {
  let hub: FakeHub;
  beforeEach(async () => {
    hub = await startFakeHub({
      "meta/tiny-GGUF": { files: { "tiny.Q4_K_M.gguf": new Uint8Array(5000), "tiny.Q8_0.gguf": new Uint8Array(9000) } },
      "meta/tiny": { files: { "config.json": "{}", "model.safetensors": new Uint8Array(5000) } },
    });
  });
  afterEach(() => hub[Symbol.asyncDispose]());
  const online = (): PullOptions => ({ env: env(), endpoint: hub.endpoint, retryDelayMs: 1 });

  it("fills itself when an hf: name is not there, and needs no network afterwards", async () => {
    const first = await resolveModel("hf:meta/tiny", online());
    expect(first).toEqual({ kind: "folder", path: join(home, ".cache", "cria", "models", "meta", "tiny", "main", "files") });
    expect(await resolveModel("hf:meta/tiny", offline())).toEqual(first);
    expect(await resolveModel("meta/tiny", offline())).toEqual(first);
  });

  it("goes by the file that is named, not by another that is here", async () => {
    await pull("hf:meta/tiny-GGUF", online());
    await expect(resolveModel("hf:meta/tiny-GGUF/tiny.Q8_0.gguf", offline())).rejects.toThrow(/check the connection/);
    expect(await resolveModel("hf:meta/tiny-GGUF/tiny.Q8_0.gguf", online())).toMatchObject({
      kind: "file",
      path: expect.stringMatching(/Q8_0/),
    });
    expect(await resolveModel("hf:meta/tiny-GGUF", offline())).toMatchObject({ path: expect.stringMatching(/Q4_K_M/) });
  });

  it("goes by the quantisation that is named, as in Ollama", async () => {
    expect(await resolveModel("hf.co/meta/tiny-GGUF:q8_0", online())).toMatchObject({ path: expect.stringMatching(/Q8_0/) });
    expect(await resolveModel("hf.co/meta/tiny-GGUF:Q8_0", offline())).toMatchObject({ path: expect.stringMatching(/Q8_0/) });
    await expect(resolveModel("hf.co/meta/tiny-GGUF:Q5_0", online())).rejects.toThrow(/has no model of Q5_0\n {2}tiny\.Q4_K_M\.gguf/);
  });

  it("loses what is removed, and keeps the rest", async () => {
    await pull("hf:meta/tiny-GGUF/tiny.Q4_K_M.gguf", online());
    await pull("hf:meta/tiny-GGUF/tiny.Q8_0.gguf", online());
    const tiny = { repo: "meta/tiny-GGUF", revision: "main" };
    await removePulled({ ...tiny, file: "tiny.Q8_0.gguf" }, env());
    expect((await listModels({ env: env() })).models.map(({ name }) => name)).toEqual(["hf:meta/tiny-GGUF/tiny.Q4_K_M.gguf"]);
    await expect(removePulled({ ...tiny, file: "tiny.Q8_0.gguf" }, env())).rejects.toThrow(/has no file/);
    await removePulled({ ...tiny, file: "tiny.Q4_K_M.gguf" }, env());
    expect(await listModels({ env: env() })).toEqual({ models: [], problems: [] });
  });

  it("lists what it holds by names that resolve to it", async () => {
    await pull("hf:meta/tiny", online());
    await pull("hf:meta/tiny-GGUF/tiny.Q8_0.gguf", online());
    const { models, problems } = await listModels({ env: env() });
    expect(models.map(({ name, size }) => [name, size])).toEqual([
      ["hf:meta/tiny", 5002],
      ["hf:meta/tiny-GGUF/tiny.Q8_0.gguf", 9000],
    ]);
    expect(problems).toEqual([]);
    for (const { name, kind, path } of models) expect(await resolveModel(name, offline())).toEqual({ kind, path });
  });

  it("does not open a file that was cut after its pull", async () => {
    const { path } = await pull("hf:meta/tiny-GGUF", online());
    await writeFile(path, "cut");
    expect((await listModels({ env: env() })).problems).toEqual(["hf:meta/tiny-GGUF: files are missing or were changed: pull it again"]);
    await expect(resolveModel("hf:meta/tiny-GGUF", offline())).rejects.toThrow(UsageError);
    expect(await resolveModel("hf:meta/tiny-GGUF", online())).toMatchObject({ path });
  });

  it("does not open a mix of two versions, when the newer could not be moved into place", async () => {
    const { path } = await pull("hf:meta/tiny", online());
    hub.repos["meta/tiny"].files = { "config.json": "[]", "model.safetensors": new Uint8Array(5000).fill(1) };
    await rm(join(path, "model.safetensors"));
    await mkdir(join(path, "model.safetensors", "in the way"), { recursive: true });
    await expect(pull("hf:meta/tiny", online())).rejects.toThrow(UsageError);
    await expect(resolveModel("hf:meta/tiny", offline())).rejects.toThrow(UsageError);
  });

  it.each([
    "",
    "{",
    "[]",
    '{"version": 1}',
    '{"version": 1, "revision": "main", "commit": "", "files": [null, {"name": "../../x.gguf", "size": 4, "digest": {"hex": ""}}]}',
    '{"version": 2}',
  ])("does not fall over a manifest like %j", async (text) => {
    await put(".cache/cria/models/meta/tiny/main/manifest.json", text);
    await put(".cache/cria/models/meta/x.gguf");
    expect((await listModels({ env: env() })).models).toEqual([]);
    expect(await resolveModel("hf:meta/tiny", online())).toMatchObject({ kind: "folder" });
  });

  it("is where CRIA_HOME or XDG_CACHE_HOME says", async () => {
    for (const more of [{ CRIA_HOME: join(home, "mine") }, { XDG_CACHE_HOME: join(home, "xdg") }]) {
      const { path } = await pull("hf:meta/tiny", { ...online(), env: env(more) });
      expect(path).toMatch(more.CRIA_HOME ? join(home, "mine", "models") : join(home, "xdg", "cria", "models"));
    }
    const { path } = await pull("hf:meta/tiny", { ...online(), env: env({ XDG_CACHE_HOME: "relative" }) });
    expect(path).toContain(join(home, ".cache", "cria"));
  });
});

describe("models that were made here", () => {
  const made = (path: string): MadeModel => ({ name: "ann/brief:v1", from: "hf:meta/tiny", kind: "file", path, system: "Be brief." });

  it("open what they were made of", async () => {
    const path = await put("a.gguf");
    await keepMade(made(path), env());
    expect(await listModels({ env: env() })).toEqual({
      models: [{ name: "ann/brief:v1", kind: "file", path, size: 4, made: made(path) }],
      problems: [],
    });
    expect(await resolveModel("ann/brief:v1", offline())).toEqual({ kind: "file", path });
    await forgetMade("ann/brief:v1", env());
    expect((await listModels({ env: env() })).models).toEqual([]);
  });

  it("are told where that is gone, or their description is none", async () => {
    await keepMade(made(join(home, "gone.gguf")), env());
    await put(".cache/cria/made/broken.json", "{");
    const other = JSON.stringify({ version: 1, name: "a", from: "b", kind: "file", path: "/c" });
    await put(".cache/cria/made/another.json", other);
    const { models, problems } = await listModels({ env: env() });
    expect(models).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(/another\.json: not the description of a model/),
      expect.stringMatching(/broken\.json: not the description of a model/),
      expect.stringMatching(/^ann\/brief:v1: it was made of hf:meta\/tiny, and .*gone\.gguf is not there any more/),
    ]);
  });

  it.each(["", "a b", "../a", "a//b", "hf:a/b", "ollama:a", "x".repeat(129)])("cannot be called %j", async (name) => {
    await expect(keepMade({ ...made("/a"), name }, env())).rejects.toThrow(UsageError);
  });
});

describe("a name that leads nowhere", () => {
  it("is told what was tried and how to name a model", async () => {
    await expect(resolveModel("lama", offline())).rejects.toThrow(UsageError);
    await expect(resolveModel("lama", offline())).rejects.toThrow(
      /^lama: no such file or folder, and no model of that name.*give a path, hf:owner\/repo\[\/file\], an https URL, or a name from `cria list` \(which is empty now\)$/,
    );
    await putOllama("registry.ollama.ai/library/llama3.2/latest");
    await expect(resolveModel("lama", offline())).rejects.toThrow(/or one of\n {2}ollama:llama3.2$/);
  });

  it("is asked to be complete where it fits several", async () => {
    await putOllama("registry.ollama.ai/meta/tiny/latest");
    await putHfCache("meta/tiny", ["config.json", "model.safetensors"]);
    await expect(resolveModel("meta/tiny", offline())).rejects.toThrow(
      "meta/tiny may be ollama:meta/tiny or hf-cache:meta/tiny: give the whole name",
    );
  });
});
