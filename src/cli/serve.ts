// cria serve: models for every client that speaks OpenAI's, Ollama's or Anthropic's language.
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { freeMemory } from "../generate/free-memory.ts";
import type { Key } from "../serve/keys.ts";
import { defineCommand } from "./command.ts";
import { flagName, whole } from "./flags.ts";
import { interruption } from "./interrupt.ts";
import { contextFlag, engineFlags, quietFlag } from "./model-flags.ts";
import { servedModels } from "./serve/served-models.ts";
import { note } from "./terminal/output.ts";
import { version } from "./version.ts";

/** CRIA on the keys of a telephone. */
const USUAL_PORT = 2742;

/** Seconds: timers hold 24 days, and what is longer they end at once. */
const LONGEST_TIMEOUT = 2_000_000;

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));

export const command = defineCommand({
  argument: { name: "MODEL", optional: true, many: true },
  about: `Without MODEL, every model of \`cria list\` can be asked for, and is loaded when it is; clients may pull others. With one or more, these are served and
nothing else, the first one by default; NAME=MODEL gives one the name that clients use.

The server can be reached from this machine only, unless --host says otherwise: then give keys. Keys are lines of a file (--keys) or of the variable
CRIA_API_KEYS: KEY, NAME KEY, or NAME sha256:HASH, so that the file opens nothing to who reads it. To make one for ann:

  key=$(openssl rand -hex 24)
  echo "ann sha256:$(printf %s "$key" | sha256sum | cut -d" " -f1)" >> keys.txt

Clients send the key as "Authorization: Bearer KEY" or "x-api-key: KEY". SIGHUP reads the file again: an empty one lets nobody in, and
one that is broken or cannot be read changes nothing. Ctrl-C or SIGTERM finishes what runs and ends; the second one ends at once.

Logs are JSON lines on stderr, one a request, with its id (x-request-id: the client's or one of the server's) and without a word of it.`,
  flags: {
    host: { schema: v.optional(v.string(), "127.0.0.1"), value: "ADDRESS", help: "Where it listens; 0.0.0.0 for every network" },
    port: { schema: v.optional(port, USUAL_PORT), value: "N", help: "0 takes a free one" },
    keys: { schema: v.optional(v.string()), value: "FILE", help: "API keys: only who has one may come in" },
    cors: {
      schema: v.optional(v.array(v.string()), []),
      value: "ORIGIN",
      help: "Pages of this origin may ask; * for all; may be given several times",
    },
    allowHost: {
      schema: v.optional(v.array(v.string()), []),
      value: "NAME",
      help: "Answer to this name; with none, to localhost on a loopback address, and to every name elsewhere",
    },
    contexts: {
      schema: v.optional(whole(1), 2),
      value: "N",
      help: "Full contexts that a model's cache holds; of shorter texts it holds more",
    },
    memory: {
      schema: v.optional(v.pipe(v.number(), v.gtValue(0))),
      value: "GB",
      help: "For all loaded models together; without it, nine tenths of what is free. The least recently used makes room",
    },
    parallel: { schema: v.optional(whole(1), 16), value: "N", help: "Answers that a model makes at a time; callers take turns" },
    queue: { schema: v.optional(whole(0), 256), value: "N", help: "Requests that may wait for a model; more get a 503" },
    keyParallel: { schema: v.optional(whole(1)), value: "N", help: "Answers that a model makes for one key at a time; more wait" },
    keyRate: {
      schema: v.optional(whole(1)),
      value: "N",
      help: "Requests a minute of one key, looking (GET) apart; more get a 429 that says when to come again",
    },
    requestTimeout: {
      schema: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LONGEST_TIMEOUT)), 600),
      value: "SECONDS",
      help: "Longest time for one answer",
    },
    maxBody: { schema: v.optional(v.pipe(v.number(), v.gtValue(0)), 10), value: "MB", help: "Largest request" },
    drain: { schema: v.optional(whole(0), 30), value: "SECONDS", help: "How long what runs may go on when the server ends" },
    logLevel: {
      schema: v.optional(v.picklist(["debug", "info", "warn", "error", "silent"]), "info"),
      value: "LEVEL",
      help: "JSON lines on stderr",
    },
    logPrompts: { schema: v.optional(v.boolean(), false), help: "The log has the texts of prompts, too" },
    ...engineFlags,
    ...contextFlag,
    ...quietFlag,
  },
  examples: [
    ["serve", "everything that is on this machine, at http://127.0.0.1:2742"],
    ["serve hf:HuggingFaceTB/SmolLM2-135M-Instruct-GGUF", "one model"],
    ["serve small=model.gguf large=hf:owner/repo --ctx 4096 --contexts 8", "two, under names of your own"],
    ["serve --host 0.0.0.0 --keys keys.txt", "for a network"],
  ],
  async run(values, _, names) {
    const { host, drain, quiet, logLevel } = values;
    const [{ pino }, { createContext }, { startServer }, { createRegistry, tooLarge }, { planModel }, { createKeyRing }] =
      await Promise.all([
        import("pino"),
        import("../serve/context.ts"),
        import("../serve/server.ts"),
        import("../serve/models/registry.ts"),
        import("../serve/models/plan-model.ts"),
        import("../serve/keys.ts"),
      ]);
    const keys = await firstKeys(values.keys);
    for (const name of ["keyRate", "keyParallel"] as const) {
      if (keys.length > 0 || values[name] === undefined) continue;
      throw new UsageError(`${flagName(name)} is for servers with keys: give them with --keys FILE`);
    }
    const loopback = isLoopback(host);
    const { backend, threads, exact, turbo, kvType, ctx } = values;
    const log = pino({ level: logLevel, base: undefined }, pino.destination({ dest: 2, sync: true }));
    const known = await servedModels(names, ctx);
    const engine = { backend, threads, exact, turbo, kvType, relaxedSimd: true, contextLength: ctx, contexts: values.contexts };
    const memoryBudget = values.memory === undefined ? 0.9 * ((await freeMemory()) ?? Number.POSITIVE_INFINITY) : values.memory * 1e9;
    // What can never be loaded is better told now than at the first request.
    for (const { name, place } of names.length > 0 ? await known() : []) {
      const { bytes } = await planModel(place, engine);
      if (bytes > memoryBudget) throw new UsageError(tooLarge(name, bytes, memoryBudget));
    }
    const models = createRegistry({
      onChange(model, change) {
        if (change === "gone") log.info({ model }, "model let go of");
        else log.info({ model, seconds: Number(change.loadedIn.toFixed(2)) }, "model loaded");
      },
      known,
      engine,
      memoryBudget,
    });
    const ring = keys.length > 0 ? createKeyRing(keys) : undefined;
    const settings = {
      keys: ring,
      corsOrigins: values.cors,
      hosts: hostsFor(host, values.allowHost),
      maxBody: values.maxBody * 1e6,
      requestTimeout: values.requestTimeout * 1000,
      logPrompts: values.logPrompts,
      answers: { parallel: values.parallel, queue: values.queue, keyParallel: values.keyParallel ?? values.parallel },
      keyRate: values.keyRate,
      fixedModels: names.length > 0,
      version: await version(),
    };
    const context = createContext(settings, models, log);
    // What nobody heard of in one request does not end all others. It is a mistake all the same.
    process.on("unhandledRejection", (err) => log.error({ err }, "an error that nobody waited for"));
    const server = await startServer(context, host, values.port);
    if (!quiet) {
      note(`cria serves at ${server.url}: OpenAI's clients at ${server.url}/v1`);
      if (!loopback && keys.length === 0) note("everybody who reaches this address may come in: give keys with --keys FILE");
    }
    if (values.keys !== undefined) {
      process.on("SIGHUP", () => {
        readAllKeys(values.keys).then(
          (read) => {
            ring?.replace(read);
            if (read.length > 0) log.info({ keys: read.length }, "keys were read again");
            else log.warn({ keys: 0 }, "keys were read again, and there are none: nobody may come in");
          },
          (error: Error) => log.error(`${error.message}: the keys stay as they were`),
        );
      });
    }
    await new Promise<void>((resolve) => interruption().addEventListener("abort", () => resolve(), { once: true }));
    if (!quiet) note("ending: what runs is finished first; Ctrl-C ends it at once");
    await server.drain(drain * 1000);
  },
});

function isLoopback(host: string): boolean {
  return /^(127\.|localhost$|::1$)/.test(host);
}

/** The names that the server answers to, as browsers write them; undefined: any. */
function hostsFor(host: string, allowed: readonly string[]): string[] | undefined {
  const named = allowed.map((name) => name.toLowerCase());
  if (isLoopback(host)) return [...new Set(["127.0.0.1", "localhost", "[::1]", host, ...named])];
  return named.length > 0 ? [...named, "127.0.0.1", "localhost"] : undefined;
}

/** What shall have keys and has none is not open to everybody. @throws UsageError */
async function firstKeys(file: string | undefined): Promise<Key[]> {
  const keys = await readAllKeys(file);
  if (keys.length > 0) return keys;
  if (file !== undefined) throw new UsageError(`${file} has no keys: expected lines of KEY or NAME KEY`);
  if (process.env.CRIA_API_KEYS === undefined) return keys;
  throw new UsageError("CRIA_API_KEYS has no keys: expected lines of KEY or NAME KEY; without keys, leave it unset");
}

/** Those of the file and those of the environment. */
async function readAllKeys(file: string | undefined): Promise<Key[]> {
  const { readKeys } = await import("../serve/keys.ts");
  const inFile = file === undefined ? [] : readKeys(await readKeyFile(file), file);
  return [...inFile, ...readKeys(process.env.CRIA_API_KEYS ?? "", "CRIA_API_KEYS")];
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`--keys ${file}: ${(cause as Error).message}`, { cause });
  }
}
