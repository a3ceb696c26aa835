// The command line as a user meets it: every case is a process.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeHub, startFakeHub } from "./fake-hub.ts";
import { goldenPath, readGolden, sharedPath } from "./goldens.ts";
import { bin, type Home, makeHome, waitFor } from "./run-cli.ts";

const tiny = goldenPath("quant/models/tiny64-Q8_0.gguf")!;
const smollm2 = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
const shakespeare = sharedPath("data/tinyshakespeare/input.txt");

let home: Home;
beforeAll(() => {
  home = makeHome();
});
afterAll(() => home[Symbol.dispose]());

describe("help", () => {
  const commands = [
    "chat",
    "generate",
    "tokenize",
    "embed",
    "inspect",
    "perplexity",
    "data",
    "export",
    "pull",
    "list",
    "doctor",
    "bench",
    "train-tokenizer",
  ];

  it("names every command and the exit codes", async () => {
    const { code, stdout, stderr } = await home.cria(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} +\\S`, "m"));
    expect(stdout).toContain("Exit codes: 0 done, 1 failed, 2 wrong usage");
  });

  it.each(commands)("of %s shows usage, flags and examples", async (command) => {
    const { code, stdout } = await home.cria([command, "-h"]);
    expect(code).toBe(0);
    for (const part of [`Usage: cria ${command} `, "Flags:", "--help", "Examples:\n  cria"]) expect(stdout).toContain(part);
  });

  it("tells the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(bin, "../../package.json"), "utf8"));
    expect(await home.cria(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("a mistake ends in a sentence that helps", () => {
  const text = (name: string, content: string | Uint8Array): string => {
    const path = join(home.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const cases: [what: string, args: () => string[], code: number, sentence: string | RegExp][] = [
    ["an unknown command", () => ["genrate"], 2, "there is no command genrate: did you mean generate?"],
    ["a model as the command", () => ["model.gguf"], 2, "to talk with a model, write cria --model model.gguf"],
    ["an unknown flag", () => ["generate", "--temprature", "1", "x"], 2, "there is no flag --temprature: did you mean --temperature?"],
    ["a number that is none", () => ["generate", "--temperature", "abc", "x"], 2, '--temperature is "abc": expected a number from 0 on'],
    ["a number out of range", () => ["generate", "--top-p", "1.5", "x"], 2, "--top-p is 1.5: expected a number from 0 to 1"],
    ["a negative count", () => ["generate", "--max-tokens", "-3", "x"], 2, "--max-tokens is -3: expected a whole number from 1 on"],
    ...["0", "-1", "1.5", "5000", "NaN"].map((threads): (typeof cases)[number] => [
      `${threads} threads`,
      () => ["generate", "--threads", threads, "x"],
      2,
      /^cria: --threads is "?[-\w.]+"?: expected a whole number from 1 to 256$/m,
    ]),
    ["an unknown backend", () => ["generate", "--backend", "cuda", "x"], 2, '--backend is "cuda": expected wasm or reference'],
    ["a flag without its value", () => ["generate", "--prompt", "--json"], 2, '--prompt needs a value: if "--json" is meant'],
    ["a switch with a value", () => ["list", "--json=yes"], 2, '--json takes no value, "yes" was given'],
    ["words without quotes", () => ["generate", "Once", "upon"], 2, "2 arguments were given (Once upon), expected one"],
    ["a word where there are flags only", () => ["doctor", "now"], 2, "1 argument was given (now), expected flags only"],
    ["no argument", () => ["inspect"], 2, "MODEL is missing"],
    ["a text and a file", () => ["tokenize", "-m", tiny, "-f", tiny, "x"], 2, "leave one of them out"],
    ["a wrong path", () => ["generate", "-m", "nowhere.gguf", "x"], 2, "nowhere.gguf: no such file or folder"],
    [
      "a folder without a model",
      () => ["inspect", home.folder],
      2,
      "the folder holds no model.safetensors: give a .gguf file, or a folder",
    ],
    ["a text file as the model", () => ["chat", "-m", text("notes.txt", "Dear diary")], 2, "notes.txt: is a text file: expected a .gguf"],
    ["an empty file as the model", () => ["inspect", text("empty.gguf", "")], 2, "empty.gguf: is empty"],
    [
      "a truncated download",
      () => ["generate", "-m", text("cut.gguf", readFileSync(tiny).subarray(0, 90_000)), "x"],
      1,
      "probably incomplete, pull it again",
    ],
    ["a header cut short", () => ["inspect", text("cut-early.gguf", readFileSync(tiny).subarray(0, 3000))], 1, "cut-early.gguf: byte"],
    [
      "a prompt longer than the context",
      () => ["generate", "-m", tiny, "--ctx", "4", "one two three four five"],
      2,
      "the context holds 4: shorten it or raise",
    ],
    ["a file that is not there", () => ["tokenize", "-m", tiny, "-f", "nowhere.txt"], 2, "nowhere.txt: there is no such file"],
    ["nothing to say", () => ["generate", "-m", tiny, "-f", text("nothing.txt", "")], 2, "the prompt is empty"],
    ["a text that is no text", () => ["tokenize", "-m", tiny, "-f", tiny], 2, "is not a text in UTF-8"],
    ["two formats", () => ["generate", "-m", tiny, "--regex", "a", "--schema", "{}", "x"], 2, "--schema and --regex were given"],
    ["a schema that is no JSON", () => ["generate", "-m", tiny, "--schema", "{a}", "x"], 2, "--schema: is no JSON"],
    [
      "a schema that is not there",
      () => ["generate", "-m", tiny, "--schema", "nowhere.json", "x"],
      2,
      "nowhere.json: there is no such file",
    ],
    [
      "a schema that cannot be enforced",
      () => ["generate", "-m", tiny, "--schema", text("not.json", '{"properties":{"a":{"not":{"type":"null"}}}}'), "x"],
      2,
      'schema: /properties/a/not: the keyword "not" cannot be enforced',
    ],
    ["an id that is none", () => ["tokenize", "-m", tiny, "--decode", "1,x"], 2, '"x" is no id'],
    [
      "a text too short to score",
      () => ["perplexity", "-m", tiny, "-f", text("short.txt", "Hello")],
      2,
      /the text has \d+ tokens, a chunk takes 512/,
    ],
    ["a model without a chat template", () => ["chat", "-m", tiny, "--system", "x"], 2, "has no chat template"],
    ["a pull without hf:", () => ["pull", "owner/repo"], 2, "expected hf:owner/repo"],
  ];
  it.each(cases)("%s", async (_, args, code, sentence) => {
    const outcome = await home.cria(args(), { input: "a message" });
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr).toMatch(/^cria: /);
    expect(outcome.stderr).not.toContain("\n    at ");
  });
});

describe("a bug in cria", () => {
  it("says that it is one, with the stack", async () => {
    const sabotage = 'WebAssembly.instantiate = () => { throw new TypeError("the kernels are gone"); }';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(sabotage)}` };
    const { code, stdout, stderr } = await home.cria(["generate", "-m", tiny, "KING"], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^cria: this is a bug in cria, please report it .*\nTypeError: the kernels are gone\n {4}at /);
  });
});

describe("generate", () => {
  const golden = readGolden("quant/models/expected.json").cases.find(({ files }: { files: string[] }) =>
    files.includes("tiny64-Q8_0.gguf"),
  );

  it("gives the ids that PyTorch gives, as one JSON document", async () => {
    const { code, stdout, stderr } = await home.cria(
      ["generate", "-m", tiny, "--temperature", "0", "--max-tokens", "24", "--json", "--file", "-"],
      { input: `${golden.prompt}\n` },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { ids, prompt_tokens, generated_tokens, reason } = JSON.parse(stdout);
    expect(ids).toEqual(golden.greedy);
    expect({ prompt_tokens, generated_tokens, reason }).toEqual({
      prompt_tokens: golden.ids.length,
      generated_tokens: 24,
      reason: "length",
    });
  });

  it("says the same for the same seed, and tells the seed that it drew", async () => {
    const say = async (...more: string[]): Promise<{ seed: number; text: string; ids: number[] }> =>
      JSON.parse((await home.cria(["generate", "-m", tiny, "-n", "12", "--json", ...more, "KING"])).stdout);
    const drawn = await say();
    expect(await say("--seed", String(drawn.seed))).toEqual(drawn);
    expect((await say("--seed", String(drawn.seed + 1))).ids).not.toEqual(drawn.ids);
  });

  it("stands in a pipe", async () => {
    const line = `echo KING | "${process.execPath}" "${bin}" generate -m "${tiny}" -n 5 --seed 1 - | cat`;
    const { code, stdout, stderr } = await home.start(["-c", line], { command: "sh" }).ended;
    const { text } = JSON.parse((await home.cria(["generate", "-m", tiny, "-n", "5", "--seed", "1", "--json", "KING"])).stdout);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd()).toBe(text.trimEnd());
    expect(stdout.endsWith("\n")).toBe(true);
  });

  it("stops before a stop string", async () => {
    const args = ["generate", "-m", tiny, "-n", "24", "--temperature", "0", "--json"];
    const { text } = JSON.parse((await home.cria([...args, golden.prompt])).stdout);
    const stop = text.slice(4, 7);
    const stopped = JSON.parse((await home.cria([...args, `--stop=${stop}`, golden.prompt])).stdout);
    expect(stopped).toMatchObject({ reason: "stop", stop, text: text.slice(0, text.indexOf(stop)) });
  });

  it.skipIf(!smollm2)("is stopped by Ctrl-C with exit code 130 and what was said so far", async () => {
    const running = home.start(["generate", "-m", smollm2!, "-n", "2000", "Once upon a time"]);
    await waitFor(running.stdout, /\w+ \w+ /);
    running.process.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130, stdout: expect.stringMatching(/\S\n$/), stderr: "cria: interrupted\n" });
  });
});

describe("formats", () => {
  it("are what the answer is: a schema, a pattern, a grammar", async () => {
    const grammar = join(home.folder, "answer.gbnf");
    writeFileSync(grammar, 'root ::= "yes" | "no"\n');
    const ask = (flag: string, value: string) => home.cria(["generate", "-m", tiny, "--quiet", flag, value, "Say: "]);
    const [schema, regex, own] = await Promise.all([
      ask("--schema", '{"const":{"ä":1}}'),
      ask("--regex", "[ab]{3}"),
      ask("--grammar", grammar),
    ]);
    expect(JSON.parse(schema.stdout)).toEqual({ ä: 1 });
    expect(regex.stdout).toMatch(/^[ab]{3}\n$/);
    expect(own.stdout).toMatch(/^(yes|no)\n$/);
    expect([schema, regex, own].map(({ stderr }) => stderr)).toEqual(["", "", ""]);
  });
});

describe("tokenize", () => {
  it("shows ids and pieces, and puts them together again", async () => {
    const golden = readGolden("quant/models/expected.json").cases[0];
    const { stdout } = await home.cria(["tokenize", "-m", tiny, golden.prompt]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => Number(line.trim().split(/\s+/)[0])),
    ).toEqual(golden.ids);
    expect(JSON.parse((await home.cria(["tokenize", "-m", tiny, "--json", golden.prompt])).stdout)).toMatchObject({
      ids: golden.ids,
      count: golden.ids.length,
    });
    expect((await home.cria(["tokenize", "-m", tiny, "--decode", golden.ids.join(", ")])).stdout).toBe(`${golden.prompt}\n`);
  });

  it("reads special tokens only when told to", async () => {
    const ids = async (...more: string[]): Promise<number[]> =>
      JSON.parse((await home.cria(["tokenize", "-m", tiny, "--json", ...more, "</s>"])).stdout).ids;
    expect((await ids()).length).toBeGreaterThan(1);
    expect(await ids("--special")).toEqual([2]);
  });

  it("ends quietly when nobody reads on", async () => {
    const path = join(home.folder, "long.txt");
    writeFileSync(path, "to be or not to be ".repeat(20_000));
    const line = `"${process.execPath}" "${bin}" tokenize -m "${tiny}" -f "${path}" | head -n 1`;
    expect(await home.start(["-c", line], { command: "sh" }).ended).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("inspect", () => {
  it("describes a file as JSON", async () => {
    const { stdout, code } = await home.cria(["inspect", tiny, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "GGUF v3",
      architecture: "llama",
      runs: true,
      parameters: 139_584,
      config: { dim: 64, nLayers: 2, nHeads: 4, nKvHeads: 2, headDim: 16, hiddenDim: 128, vocabSize: 512, maxSeqLen: 256 },
      // 2 layers x 2 heads x 16 entries x keys and values x 4 bytes x tokens
      memory: { kv_per_1000_tokens: 512_000, kv_full_context: 131_072, context: 256, total_context: 256 },
      tokenizer: { vocabulary: 512 },
      chat_template: null,
    });
    expect(JSON.parse(stdout).tensors).toHaveLength(21);
  });

  it("folds the tensors of all layers into one row, or shows each", async () => {
    expect((await home.cria(["inspect", tiny])).stdout).toMatch(/2x +blk\.\*\.attn_q\.weight +Q8_0 \[64, 64\]/);
    expect((await home.cria(["inspect", tiny, "--tensors"])).stdout).toMatch(/blk\.1\.attn_q\.weight +Q8_0 \[64, 64\]/);
  });

  it("shows what cria does not run, and says why", async () => {
    const bytes = readFileSync(tiny);
    bytes.write("llamx", bytes.indexOf("llama", bytes.indexOf("general.architecture")));
    const path = join(home.folder, "foreign.gguf");
    writeFileSync(path, bytes);
    const { stdout, code } = await home.cria(["inspect", path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/cria runs it +no: .*llamx/);
    expect(stdout).toContain("token_embd.weight");
  });

  it("opens the shards of a split file", async () => {
    const { stdout } = await home.cria(["inspect", goldenPath("quant/models/split-00001-of-00002.gguf")!, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ runs: true });
  });
});

describe.skipIf(!smollm2 || !shakespeare)("perplexity of SmolLM2", () => {
  it("is what PyTorch computes, for the first chunk", async () => {
    const { stdout, stderr } = await home.cria(["perplexity", "-m", smollm2!, "-f", shakespeare!, "--chunks", "1", "--exact", "--json"]);
    const { chunk_nll, mean_nll, perplexity, context } = JSON.parse(stdout);
    expect(stderr).toBe("");
    expect(context).toBe(512);
    expect(chunk_nll).toBeWithin(1e-3, [readGolden("smollm2/golden.json").perplexity.chunk_nll[0]]);
    expect(perplexity).toBe(Math.exp(mean_nll));
  });
});

describe.skipIf(!smollm2)("chat through a pipe", () => {
  it("prints the answer and nothing else", async () => {
    const outcome = await home.cria(["chat", "-m", smollm2!, "--exact", "--temperature", "0"], {
      input: "What is the capital of France?\n",
    });
    expect(outcome).toEqual({ code: 0, stdout: "The capital of France is Paris.\n", stderr: "" });
  });

  it("starts without a command's name, as `npm start -- --model PATH` does", async () => {
    const args = ["--model", smollm2!, "--exact", "--temperature", "0", "--max-tokens", "3"];
    const { stdout } = await home.cria(args, { input: "What is the capital of France?" });
    expect(stdout).toBe("The capital of\n");
  });
});

describe("doctor", () => {
  it("looks at this machine", async () => {
    const { stdout, code } = await home.cria(["doctor", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      node: process.versions.node,
      simd: true,
      threads: true,
      cache: join(home.folder, "cria"),
      models: 0,
    });
    expect((await home.cria(["doctor"])).stdout).toContain("cria pull hf:");
  });
});

describe("the models of this machine", () => {
  let other: Home;
  let hub: FakeHub;
  beforeAll(async () => {
    other = makeHome();
    hub = await startFakeHub({ "meta/tiny-GGUF": { files: { "tiny.Q8_0.gguf": readFileSync(tiny), "README.md": "# Tiny" } } });
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
    other[Symbol.dispose]();
  });
  const cria = (...args: string[]): ReturnType<Home["cria"]> => other.cria(args, { env: { HF_ENDPOINT: hub.endpoint } });

  it("are at first the one that comes with cria, which needs no name", async () => {
    const { models, problems } = JSON.parse((await cria("list", "--json")).stdout);
    const path = join(import.meta.dirname, "../models/llama-cria-stories.gguf");
    expect({ models, problems }).toEqual({
      models: [{ name: "llama-cria-stories", kind: "file", path, size: statSync(path).size }],
      problems: [],
    });
    const { model, ids } = JSON.parse((await cria("generate", "-n", "3", "--json", "Once")).stdout);
    expect({ model, length: ids.length }).toEqual({ model: "llama-cria-stories", length: 3 });
    expect((await cria("inspect", "llama-cria-stories")).code).toBe(0);
  });

  it("are found where LM Studio keeps them", async () => {
    const folder = join(other.folder, ".lmstudio/models/meta/tiny");
    mkdirSync(folder, { recursive: true });
    copyFileSync(tiny, join(folder, "tiny.gguf"));
    expect((await cria("list")).stdout).toMatch(/^lmstudio:meta\/tiny\/tiny\.gguf +\d+ kB +\//m);
    const { model, ids } = JSON.parse(
      (await cria("generate", "-m", "lmstudio:meta/tiny/tiny.gguf", "-n", "3", "--seed", "1", "--json", "KING")).stdout,
    );
    expect({ model, length: ids.length }).toEqual({ model: "lmstudio:meta/tiny/tiny.gguf", length: 3 });
  });

  it("are not pulled from a hub that cannot be reached, which is a failure and no wrong usage", { timeout: 60_000 }, async () => {
    const outcome = await other.cria(["pull", "hf:meta/tiny-GGUF"], { env: { HF_ENDPOINT: "http://127.0.0.1:9" } });
    expect(outcome).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("check the connection and try again") });
  });

  it("are not pulled when they do not exist", async () => {
    const outcome = await cria("pull", "hf:meta/nothing");
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toMatch(/^cria: .*meta\/nothing/);
  });

  it("go on where Ctrl-C stopped a pull, and are preferred to what comes with cria", async () => {
    hub.fault = (_, attempt) => (attempt === 1 ? { stallAfter: 50_000 } : undefined);
    const first = other.start(["pull", "hf:meta/tiny-GGUF"], { env: { HF_ENDPOINT: hub.endpoint } });
    const parts = join(other.folder, "cria/models/meta/tiny-GGUF/main/parts");
    const sizes = (): string => (existsSync(parts) ? readdirSync(parts).map((name) => statSync(join(parts, name)).size) : []).join();
    await waitFor(sizes, "50000");
    first.process.kill("SIGINT");
    expect(await first.ended).toMatchObject({ code: 130, stdout: "", stderr: expect.stringContaining("what has arrived is kept") });

    const { code, stdout } = await cria("pull", "hf:meta/tiny-GGUF");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hf:meta/tiny-GGUF/tiny.Q8_0.gguf\n" });
    expect(hub.seen.at(-1)?.range).toBe("bytes=50000-");
    expect((await cria("list")).stdout.split("\n")[1]).toMatch(/^hf:meta\/tiny-GGUF\/tiny\.Q8_0\.gguf /);
    expect(JSON.parse((await cria("generate", "-n", "1", "--json", "KING")).stdout).model).toBe("hf:meta/tiny-GGUF/tiny.Q8_0.gguf");
  });
});
