import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeHub, type Fault, startFakeHub } from "../../test/fake-hub.ts";
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { createRng } from "../tensor/rng.ts";
import { type PullOptions, type PullProgress, pull } from "./pull.ts";

/** Bytes that no other seed gives, so that a mix of two files never goes unseen. */
function bytes(length: number, seed = 1): Uint8Array {
  const rng = createRng(seed);
  return Uint8Array.from({ length }, () => rng.integer(256));
}

const weights = bytes(300_000);
const config = '{"model_type": "llama"}';

let home: string;
let hub: FakeHub;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cria-pull-"));
  hub = await startFakeHub({
    "meta/tiny-GGUF": { files: { "tiny.Q4_K_M.gguf": weights, "tiny.Q8_0.gguf": bytes(5000), "README.md": "# Tiny" } },
    "meta/tiny": {
      files: { "config.json": config, "model.safetensors": weights, "tokenizer.json": bytes(2000), "pytorch_model.bin": bytes(1e5) },
    },
  });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const options = (more: PullOptions = {}): PullOptions => ({
  endpoint: hub.endpoint,
  env: { HOME: home },
  retryDelayMs: 1,
  idleTimeoutMs: 2000,
  ...more,
});
const tiny = "hf:meta/tiny-GGUF";
const tinyFolder = (): string => join(home, ".cache", "cria", "models", "meta", "tiny-GGUF", "main");
const tinyPart = async (): Promise<string> => join(tinyFolder(), "parts", (await readdir(join(tinyFolder(), "parts")))[0]);
const fileRequests = (): string[] => hub.seen.filter(({ server }) => server === "cdn").map(({ range }) => range ?? "all");
const failsWith = async (attempt: Promise<unknown>, kind: typeof UsageError | typeof FormatError, message: RegExp): Promise<void> => {
  const error = await attempt.then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(kind);
  expect(error.message).toMatch(message);
};

/** All files below the cache, except the manifest and what a pull leaves to go on with. */
async function finalFiles(): Promise<string[]> {
  const found = await readdir(home, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && entry.parentPath.includes(`${join("main", "files")}`))
    .map(({ name }) => name)
    .sort();
}

describe("pull", () => {
  it("brings a GGUF to the cache, byte for byte, and says where it is", async () => {
    const pulled = await pull(`${tiny}/tiny.Q8_0.gguf`, options());
    expect(pulled).toMatchObject({ name: `${tiny}/tiny.Q8_0.gguf`, kind: "file", size: 5000 });
    expect(pulled.path).toBe(join(tinyFolder(), "files", "tiny.Q8_0.gguf"));
    expect(new Uint8Array(await readFile(pulled.path))).toEqual(bytes(5000));
    expect(await readdir(tinyFolder())).not.toContain("lock");
  });

  it("takes Q4_K_M where no file is named", async () => {
    expect((await pull(tiny, options())).path).toMatch(/tiny\.Q4_K_M\.gguf$/);
    expect(await finalFiles()).toEqual(["tiny.Q4_K_M.gguf"]);
  });

  it("brings a checkpoint's config, weights and tokenizer, and no pickles", async () => {
    const pulled = await pull("hf:meta/tiny", options());
    expect(pulled.kind).toBe("folder");
    expect(await readdir(pulled.path)).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    expect(await readFile(join(pulled.path, "config.json"), "utf8")).toBe(config);
  });

  it("brings every shard of a split model, in folders too", async () => {
    hub.repos["meta/big"] = { files: Object.fromEntries([1, 2, 3].map((i) => [`Q8_0/big-0000${i}-of-00003.gguf`, bytes(2000, i)])) };
    const pulled = await pull("hf:meta/big", options());
    expect(pulled.path).toMatch(/files.Q8_0.big-00001-of-00003\.gguf$/);
    expect(await readdir(dirname(pulled.path))).toHaveLength(3);
    expect(pulled.size).toBe(6000);
  });

  it("fetches nothing that is here, only what changed, and what was damaged", async () => {
    const { path } = await pull("hf:meta/tiny", options());
    hub.seen = [];
    await pull("hf:meta/tiny", options());
    expect(fileRequests()).toEqual([]);

    hub.repos["meta/tiny"].files["model.safetensors"] = bytes(300_000, 2);
    await pull("hf:meta/tiny", options());
    expect(fileRequests()).toEqual(["all"]);
    expect(new Uint8Array(await readFile(join(path, "model.safetensors")))).toEqual(bytes(300_000, 2));

    hub.seen = [];
    await writeFile(join(path, "tokenizer.json"), "cut");
    await pull("hf:meta/tiny", options());
    expect(fileRequests()).toEqual(["all"]);
    expect(new Uint8Array(await readFile(join(path, "tokenizer.json")))).toEqual(bytes(2000));
  });

  it("reports bytes of all files, up to their total", async () => {
    const reports: PullProgress[] = [];
    await pull("hf:meta/tiny", options({ onProgress: (progress) => reports.push(progress) }));
    expect(new Set(reports.map(({ total }) => total))).toEqual(new Set([302_000 + config.length]));
    expect(reports[reports.length - 1].done).toBe(302_000 + config.length);
    for (let i = 1; i < reports.length; i++) expect(reports[i].done).toBeGreaterThanOrEqual(reports[i - 1].done);
  });

  it("keeps revisions apart", async () => {
    const commit = "0123456789abcdef0123456789abcdef01234567";
    hub.repos["meta/tiny-GGUF"].commit = commit;
    const pulled = await pull(`hf:meta/tiny-GGUF@${commit}`, options());
    expect(pulled.name).toBe(`hf:meta/tiny-GGUF@${commit}/tiny.Q4_K_M.gguf`);
    expect(pulled.path).toContain(join("tiny-GGUF", commit, "files"));
  });
});

describe("a bad connection", () => {
  it.each([1, 2, 3, 4, 5])("that is cut at random places is resumed there, round %i", async (seed) => {
    const rng = createRng(seed);
    hub.fault = (_, attempt) => (attempt < 20 ? { cutAfter: rng.integer(60_000) } : undefined);
    const { path } = await pull(tiny, options());
    expect(new Uint8Array(await readFile(path))).toEqual(weights);
    const starts = fileRequests().map((range) => (range === "all" ? 0 : Number(/\d+/.exec(range))));
    expect(starts).toEqual([...starts].sort((a, b) => a - b)); // no byte twice
    expect(starts.length).toBeGreaterThan(3);
  });

  it("is resumed by the next pull, which need not trust the server's tags", async () => {
    hub.fault = (_, attempt) => ({ cutAfter: attempt === 1 ? 100_000 : 0 });
    await failsWith(pull(tiny, options()), UsageError, /\(5 attempts in a row\): check the connection and try again/);
    const { size } = await stat(await tinyPart());
    expect(size).toBeGreaterThan(0);
    expect(await finalFiles()).toEqual([]);

    hub.fault = () => undefined;
    hub.seen = [];
    expect(new Uint8Array(await readFile((await pull(tiny, options())).path))).toEqual(weights);
    expect(fileRequests()).toEqual([`bytes=${size}-`]);
  });

  it("that goes silent counts as cut", async () => {
    hub.fault = (_, attempt) => (attempt === 1 ? { stallAfter: 50_000 } : undefined);
    expect(new Uint8Array(await readFile((await pull(tiny, options({ idleTimeoutMs: 50 }))).path))).toEqual(weights);
    expect(fileRequests()).toEqual(["all", "bytes=50000-"]);
  });

  it.each([500, 503, 429, 408])("to a server in trouble (%i) is tried again", async (status) => {
    hub.fault = (_, attempt) => (attempt < 4 ? { status } : undefined);
    await pull(tiny, options());
    expect(fileRequests()).toHaveLength(4);
  });

  it("to nobody ends in a sentence", async () => {
    const dead = await startFakeHub({});
    await dead[Symbol.asyncDispose]();
    await failsWith(pull(tiny, options({ endpoint: dead.endpoint })), UsageError, /ECONNREFUSED.*check the connection/);
  });

  it("does not outlive an abort, and keeps what has arrived", async () => {
    const controller = new AbortController();
    hub.fault = () => ({ stallAfter: 50_000 });
    const onProgress = ({ done }: PullProgress): void => void (done >= 50_000 && controller.abort(new Error("enough")));
    await expect(pull(tiny, options({ signal: controller.signal, onProgress }))).rejects.toThrow("enough");
    expect((await stat(await tinyPart())).size).toBe(50_000);
    expect(await readdir(tinyFolder())).not.toContain("lock");
  });
});

it("an error of the caller's own progress callback ends the pull as it is, at once", async () => {
  const own = new TypeError("no such element");
  const onProgress = ({ done }: PullProgress): void => {
    if (done > 0) throw own;
  };
  await expect(pull(tiny, options({ onProgress }))).rejects.toBe(own);
  expect(fileRequests()).toEqual(["all"]);
});

describe("a server that is not honest", () => {
  it("and changes the file in the middle gets the new version refused by its hash", async () => {
    const other = bytes(300_000, 2);
    hub.fault = (_, attempt) => (attempt === 1 ? { cutAfter: 100_000 } : { content: other });
    await failsWith(
      pull(tiny, options()),
      FormatError,
      /arrived with sha256 [0-9a-f]{64}, the hub announced [0-9a-f]{64}: nothing was kept/,
    );
    expect(hub.seen.find(({ range }) => range !== undefined)?.ifRange).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await finalFiles()).toEqual([]);
    expect((await stat(await tinyPart())).size).toBe(0);
  });

  it("and ignores If-Range is caught by its ETag, and the whole is fetched again", async () => {
    const changing: Record<number, Fault> = { 1: { cutAfter: 100_000, etag: '"one"' }, 2: { headers: { ETag: '"two"' }, etag: '"one"' } };
    hub.fault = (_, attempt) => changing[attempt] ?? { etag: '"two"' };
    expect(new Uint8Array(await readFile((await pull(tiny, options())).path))).toEqual(weights);
    expect(fileRequests()).toEqual(["all", "bytes=100000-", "all"]);
  });

  it("and knows no ranges is heard out from the start", async () => {
    hub.fault = (_, attempt) => ({ ignoreRange: true, ...(attempt < 3 && { cutAfter: 100_000 }) });
    expect(new Uint8Array(await readFile((await pull(tiny, options())).path))).toEqual(weights);
  });

  it("and sends wrong bytes is asked twice, then refused", async () => {
    hub.fault = () => ({ content: bytes(300_000, 3) });
    await failsWith(pull(tiny, options()), FormatError, /the hub announced/);
    expect(fileRequests()).toEqual(["all", "all"]);
    expect(await finalFiles()).toEqual([]);
  });

  it("and sends wrong bytes for a small file is found out by the Git hash", async () => {
    hub.fault = (file) =>
      file === "config.json" ? { content: Buffer.from(config.replace("llama", "lizard").slice(0, config.length)) } : undefined;
    await failsWith(pull("hf:meta/tiny", options()), FormatError, /arrived with git-sha1/);
    expect(await finalFiles()).toEqual([]); // the other files were whole, but a model is whole or not there
  });

  it.each([299_999, 300_001, 10])("and has a file of %i bytes where 300,000 were announced", async (size) => {
    hub.fault = () => ({ content: bytes(size) });
    await failsWith(pull(tiny, options()), FormatError, new RegExp(`from 0 of ${size}, expected from 0 of 300000`));
    expect(await finalFiles()).toEqual([]);
  });

  it("and sends more than it announced, without telling how much", async () => {
    hub.fault = () => ({ content: bytes(400_000), chunked: true });
    await failsWith(pull(tiny, options()), FormatError, /sends more than the 300000 bytes/);
    expect(await finalFiles()).toEqual([]);
  });

  it("and does not tell a length is believed when the bytes are right", async () => {
    hub.fault = () => ({ chunked: true });
    expect(new Uint8Array(await readFile((await pull(tiny, options())).path))).toEqual(weights);
  });

  it("does not cost what an earlier pull brought, when it answers with a page of its own", async () => {
    hub.fault = (_, attempt) => ({ cutAfter: attempt === 1 ? 100_000 : 0 });
    await pull(tiny, options()).catch(() => {});
    hub.fault = () => ({ content: Buffer.from("<html>Please log in to this hotel's network</html>"), ignoreRange: true });
    await failsWith(pull(tiny, options()), FormatError, /expected from 100000 of 300000/);
    expect((await stat(await tinyPart())).size).toBe(100_000);
  });

  it("and leaves out the hashes is not believed", async () => {
    hub.repos["meta/tiny-GGUF"].claims = { "tiny.Q4_K_M.gguf": { lfs: undefined, blobId: undefined } };
    await failsWith(pull(tiny, options()), FormatError, /gives no hash for tiny.Q4_K_M.gguf/);
  });

  it.each(["../../../evil.gguf", "/etc/evil.gguf", "a/../../evil.gguf", "C:\\evil.gguf", "a//evil.gguf", "nul.gguf", "evil.gguf "])(
    "and names a file %j does not get out of the folder",
    async (name) => {
      hub.repos["meta/evil"] = { files: { [name]: weights } };
      await failsWith(pull(`hf:meta/evil/${name}`, options()), FormatError, /names the file/);
      if (name.endsWith(".gguf")) await failsWith(pull("hf:meta/evil", options()), FormatError, /names the file/);
      expect(fileRequests()).toEqual([]);
      expect(await readdir(home)).toEqual([]);
    },
  );

  it.each([
    ["not JSON", "<html>", /is not JSON/],
    ["no commit", '{"sha": "../..", "siblings": []}', /expected a commit/],
    ["no files", `{"sha": "${"a".repeat(40)}"}`, /"siblings" is missing/],
    ["a negative size", `{"sha": "${"a".repeat(40)}", "siblings": [{"rfilename": "x.gguf", "size": -1}]}`, /does not describe a file/],
    ["control characters", `{"sha": "${"a".repeat(40)}", "siblings": [{"rfilename": "\\u001b[2J.gguf"}]}`, /does not describe a file/],
    ["brackets without end", "[".repeat(1e6), /not JSON/],
  ])("and answers with %s is told from a hub", async (_, text, message) => {
    const { createServer } = await import("node:http");
    const server = createServer((_, response) => response.end(text)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.on("listening", resolve));
    const { port } = server.address() as { port: number };
    await failsWith(pull(tiny, options({ endpoint: `http://127.0.0.1:${port}/` })), FormatError, message);
    server.closeAllConnections();
    server.close();
  });
});

describe("the token", () => {
  it("opens a private model, and never travels to the CDN", async () => {
    hub.repos["meta/tiny-GGUF"].token = "hf_secret";
    await pull(tiny, options({ endpoint: undefined, env: { HOME: home, HF_TOKEN: "hf_secret\n", HF_ENDPOINT: `${hub.endpoint}/` } }));
    for (const { server, authorization } of hub.seen) expect(authorization).toBe(server === "hub" ? "Bearer hf_secret" : undefined);
    expect(hub.seen.map(({ server }) => server)).toContain("cdn");
  });

  it("is asked for, is named when it is wrong, and is never shown", async () => {
    hub.repos["meta/tiny-GGUF"].token = "hf_secret";
    await failsWith(pull(tiny, options()), UsageError, /does not exist, or is private or gated \(401\).*set HF_TOKEN/);
    await failsWith(pull(tiny, options({ token: "hf_wrong" })), UsageError, /^(?!.*hf_wrong).*the token in HF_TOKEN is not valid/);
    await failsWith(pull(tiny, options({ token: "hf_\nwrong" })), UsageError, /^(?!.*wrong).*HF_TOKEN has a space/);
  });

  it("does not help before a gated model's terms are accepted", async () => {
    hub.repos["meta/tiny-GGUF"].gated = true;
    await failsWith(pull(tiny, options()), UsageError, /is gated \(403\): accept its terms on that page and set HF_TOKEN/);
    await failsWith(pull(tiny, options({ token: "hf_secret" })), UsageError, /may not read it \(403\): accept the model's terms/);
  });
});

describe("a name that leads nowhere", () => {
  it.each([
    ["hf:meta/none", /does not exist/],
    [`${tiny}@v9`, /has no revision "v9"/],
    [`${tiny}/tiny.Q2_K.gguf`, /has no file tiny.Q2_K.gguf\n {2}tiny.Q4_K_M.gguf {2}300 kB\n {2}tiny.Q8_0.gguf {2}5.0 kB/],
    ["hf:meta", /expected hf:owner\/repo/],
    ["hf:../../etc", /expected hf:owner\/repo/],
    ["./model.gguf", /only models of the Hugging Face hub are pulled/],
  ])("%s is told so", async (ref, message) => {
    await failsWith(pull(ref, options()), UsageError, message);
  });

  it("is told which quantisations there are when none is the usual one", async () => {
    hub.repos["meta/odd"] = { files: { "odd-Q2_K.gguf": weights, "odd-Q6_K.gguf": weights, "mmproj-odd.gguf": weights } };
    await failsWith(
      pull("hf:meta/odd", options()),
      UsageError,
      /several models: name one of them\n {2}odd-Q2_K.gguf {2}300 kB\n {2}odd-Q6_K.gguf {2}300 kB$/,
    );
  });

  it("is told that pickles are not read", async () => {
    hub.repos["meta/old"] = { files: { "config.json": config, "pytorch_model.bin": weights } };
    await failsWith(pull("hf:meta/old", options()), UnsupportedError, /pickles, which can run code/);
  });

  it("is told about an endpoint that is none", async () => {
    await failsWith(pull(tiny, options({ endpoint: "huggingface.co" })), UsageError, /HF_ENDPOINT is "huggingface.co"/);
  });
});

describe("the disk", () => {
  it("is asked for its space before anything is fetched", async () => {
    hub.repos["meta/tiny-GGUF"].claims = { "tiny.Q4_K_M.gguf": { size: 9e15 } };
    await failsWith(pull(tiny, options()), UsageError, /9000 TB are still to come, the disk has .* free/);
    expect(fileRequests()).toEqual([]);
  });

  it.skipIf(process.platform !== "linux")("that fills up during the pull is named, and nothing is left under the final name", async () => {
    hub.fault = () => ({ cutAfter: 0 });
    await pull(tiny, options()).catch(() => {});
    const part = await tinyPart();
    await rm(part);
    await symlink("/dev/full", part); // every write to it meets a full disk
    hub.fault = () => undefined;
    await failsWith(pull(tiny, options()), UsageError, /the disk is full: free some space and pull again/);
    expect(await finalFiles()).toEqual([]);
  });

  it("with a file where the cache should be is told from a full one", async () => {
    await writeFile(join(home, "file"), "");
    await failsWith(pull(tiny, options({ env: { CRIA_HOME: join(home, "file") } })), UsageError, /a file stands where a folder is needed/);
  });

  it.skipIf(process.getuid?.() === 0)("that may not be written is told so", async () => {
    await mkdir(join(home, "mine"), { mode: 0o500 });
    await failsWith(pull(tiny, options({ env: { CRIA_HOME: join(home, "mine") } })), UsageError, /no permission to write here/);
  });

  it("takes one pull of a model at a time, and outlives a crash", async () => {
    const [first, second] = await Promise.allSettled([pull(tiny, options()), pull(tiny, options())]);
    const [done, refused] = first.status === "fulfilled" ? [first, second] : [second, first];
    expect(done.status).toBe("fulfilled");
    expect(refused).toMatchObject({ reason: { message: expect.stringMatching(/is pulling this model/) } });

    await writeFile(join(tinyFolder(), "lock"), "4194305"); // beyond the largest process id of Linux
    await pull(tiny, options());
  });

  it("does not keep parts of an older version", async () => {
    hub.fault = () => ({ cutAfter: 1000 });
    const controller = new AbortController();
    const onProgress = ({ done }: PullProgress): void => void (done > 5000 && controller.abort());
    await pull(tiny, options({ signal: controller.signal, onProgress })).catch(() => {});
    hub.fault = () => undefined;
    hub.repos["meta/tiny-GGUF"].files["tiny.Q4_K_M.gguf"] = bytes(2000, 9);
    await pull(tiny, options());
    expect(await readdir(join(tinyFolder(), "parts"))).toEqual([]);
  });
});
