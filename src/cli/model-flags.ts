// The flags that commands share: which model, where it runs, how the next token is drawn.
import * as v from "valibot";
import { resolveSampling, type SamplingOptions } from "../generate/sampling-options.ts";
import { MOST_THREADS } from "../ops/wasm/threads.ts";
import type { Flags, Values } from "./flags.ts";
import { whole } from "./flags.ts";

export const modelFlag = {
  model: {
    schema: v.optional(v.string()),
    value: "MODEL",
    short: "m",
    help: "A path, hf:owner/repo[/file], a URL or a name from `cria list`; without it, the newest that cria pulled, or the small one that comes with it",
  },
} as const satisfies Flags;

export const quietFlag = {
  quiet: { schema: v.optional(v.boolean(), false), short: "q", help: "No progress and no remarks" },
} as const satisfies Flags;

export const jsonFlag = {
  json: { schema: v.optional(v.boolean(), false), help: "Print one JSON document" },
} as const satisfies Flags;

export const engineFlags = {
  backend: {
    schema: v.optional(v.picklist(["wasm", "reference"]), "wasm"),
    value: "NAME",
    help: "Where it runs: reference is slow and exact",
  },
  threads: {
    schema: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_THREADS))),
    value: "N",
    help: "Threads that compute; one for each core without it",
  },
  exact: {
    schema: v.optional(v.boolean(), false),
    help: "Do not round activations to 8 bits where weights are quantised: a few times slower",
  },
  turbo: {
    schema: v.optional(v.boolean(), false),
    help: "Node 24: V8's experimental 256-bit operations, when they pass a check",
  },
  kvType: {
    schema: v.optional(v.picklist(["f32", "f16", "q8_0"]), "f32"),
    value: "TYPE",
    help: "How keys and values are kept: f16 takes half of the memory, q8_0 a quarter",
  },
} as const satisfies Flags;

export const contextFlag = {
  ctx: {
    schema: v.optional(whole(1)),
    value: "N",
    help: "Most tokens that the context holds; without it, as trained, up to 8,192",
  },
} as const satisfies Flags;

const defaults = resolveSampling({ seed: 0 });
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const samplingFlags = {
  temperature: {
    schema: v.optional(v.pipe(v.number(), v.minValue(0)), defaults.temperature),
    value: "T",
    help: "0 takes the likeliest token, higher values vary more",
  },
  topK: { schema: v.optional(whole(0), defaults.topK), value: "K", help: "Only the K likeliest tokens; 0: all" },
  topP: {
    schema: v.optional(fraction, defaults.topP),
    value: "P",
    help: "Only the likeliest tokens that have probability P together",
  },
  minP: { schema: v.optional(fraction, defaults.minP), value: "P", help: "Only tokens at least P times as likely as the likeliest" },
  repeatPenalty: {
    schema: v.optional(v.pipe(v.number(), v.gtValue(0)), defaults.repetitionPenalty),
    value: "X",
    help: "Above 1: tokens of late become less likely",
  },
  seed: { schema: v.optional(v.pipe(v.number(), v.safeInteger())), value: "N", help: "The same seed gives the same answer" },
} as const satisfies Flags;

export function samplingOptions(values: Values<typeof samplingFlags>): SamplingOptions {
  const { temperature, topK, topP, minP, repeatPenalty, seed } = values;
  return { temperature, topK, topP, minP, repetitionPenalty: repeatPenalty, seed };
}
