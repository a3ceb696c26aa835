// How a conversation is answered. What is left open is the server's to choose.
import * as v from "valibot";

const number = v.optional(v.number());

export const settingsSchema = v.object({
  model: v.optional(v.string()),
  /** The system prompt; none when it is empty. */
  system: v.string(),
  temperature: number,
  topP: number,
  topK: number,
  maxTokens: number,
  seed: number,
  /** Texts at which an answer ends. */
  stop: v.array(v.string()),
  /** Whether each token is told with its probability and its alternatives. */
  logprobs: v.boolean(),
});

export type Settings = v.InferOutput<typeof settingsSchema>;

const firstSettings: Settings = { system: "", stop: [], logprobs: false };

/** Of a text that was kept; the first ones when it is none of this page. */
export function readSettings(text: string): Settings {
  try {
    return v.parse(settingsSchema, JSON.parse(text));
  } catch {
    return firstSettings;
  }
}

export type NumberSetting = "temperature" | "topP" | "topK" | "maxTokens" | "seed";

export interface NumberTraits {
  readonly label: string;
  readonly hint: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const numberSettings: Readonly<Record<NumberSetting, NumberTraits>> = {
  temperature: { label: "Temperature", hint: "0: always the likeliest token; higher: more surprising", min: 0, max: 2, step: 0.1 },
  topP: { label: "Top p", hint: "only the likeliest tokens that together have this probability", min: 0, max: 1, step: 0.05 },
  topK: { label: "Top k", hint: "only so many of the likeliest tokens", min: 1, max: 1000, step: 1 },
  maxTokens: { label: "Max tokens", hint: "where an answer is cut off", min: 1, max: 1_000_000, step: 1 },
  seed: { label: "Seed", hint: "the same seed gives the same answer", min: 0, max: 2 ** 31 - 1, step: 1 },
};

/** What was typed as a number; nothing when the field was left empty, "wrong" when it is no number of this setting. */
export function readNumber(text: string, { min, max, step }: NumberTraits): number | undefined | "wrong" {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  const fits = value >= min && value <= max && (step < 1 || Number.isInteger(value));
  return fits ? value : "wrong";
}

/** One stop text a line; \n and \t within it are a new line and a tabulator. */
export function readStops(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/\\([nt\\])/g, (_, mark: string) => escapes[mark]));
}

export function showStops(stops: readonly string[]): string {
  return stops.map((stop) => stop.replace(/[\\\n\t]/g, (mark) => `\\${marks[mark]}`)).join("\n");
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\" };
const marks: Readonly<Record<string, string>> = { "\n": "n", "\t": "t", "\\": "\\" };
