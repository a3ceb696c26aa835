// The lines of a run's log, one JSON object each, read with distrust: a line may be cut off by a kill, or come from another program.

import { isJsonObject } from "../../formats/strict-json.ts";
import type { RunEvent } from "../run-log.ts";

export interface BeginEvent {
  readonly event: "begin";
  /** When, in ISO 8601. */
  readonly time: string;
  readonly parameters: number;
  /** Steps that the run should make. */
  readonly steps: number;
  /** Of this machine; NaN where it was not measured. */
  readonly peakFlopPerSecond: number;
  readonly config: Settings;
  readonly recipe: Settings;
  /** What else the line holds: sizes of the data, threads, the build. (A run is known by its folder.) */
  readonly facts: Settings;
}

export interface StepEvent {
  readonly event: "step";
  /** From 1 on. */
  readonly step: number;
  readonly tokens: number;
  readonly loss: number;
  readonly bitsPerByte: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Since this process began or went on with the run. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly flopPerSecond: number;
}

export interface ValidationEvent {
  readonly event: "validation";
  readonly step: number;
  readonly tokens: number;
  readonly loss: number;
  readonly bitsPerByte: number;
}

export interface SampleEvent {
  readonly event: "sample";
  readonly step: number;
  readonly prompt: string;
  readonly text: string;
}

/** A run may go on elsewhere, and further than it should have gone. */
export interface ResumeEvent {
  readonly event: "resume";
  readonly step: number;
  /** As in {@link BeginEvent}; NaN where nothing is said. */
  readonly steps: number;
  readonly peakFlopPerSecond: number;
}

export type LoggedEvent =
  | BeginEvent
  | StepEvent
  | ValidationEvent
  | SampleEvent
  | { readonly event: "checkpoint"; readonly step: number }
  | ResumeEvent
  | { readonly event: "end"; readonly reason: string };

/** Nested settings, laid flat: "attention.window.size" is 128. */
export type Settings = Readonly<Record<string, string | number | boolean | null>>;

/** What the trainer writes of an event, by its names there; read, each may be anything. */
type Line<E extends RunEvent["event"]> = { readonly [K in keyof Extract<RunEvent, { readonly event: E }>]?: unknown };

/** Above any recipe, and low enough for a page. */
const MOST_SETTINGS = 500;
const DEEPEST_SETTING = 8;
const LONGEST_TEXT = 4000;

/**
 * The event of a line, undefined for what is none. Numbers that are missing, or null as JSON writes what is not finite, are NaN; steps are whole.
 */
export function parseEvent(line: string): LoggedEvent | undefined {
  const value = jsonOf(line);
  if (!isJsonObject(value)) return undefined;
  if (value.event === "begin") return beginOf(value);
  if (value.event === "end") return { event: "end", reason: text(value.reason) };
  const { step } = value;
  if (typeof step !== "number" || !Number.isSafeInteger(step) || step < 0) return undefined;
  switch (value.event) {
    case "step": {
      const line: Line<"step"> = value;
      return {
        event: "step",
        step,
        tokens: number(line.tokens),
        loss: number(line.loss),
        bitsPerByte: number(line.bits_per_byte),
        learningRate: number(line.learning_rate),
        gradientNorm: number(line.gradient_norm),
        seconds: number(line.seconds),
        tokensPerSecond: number(line.tokens_per_second),
        flopPerSecond: number(line.flop_per_second),
      };
    }
    case "validation": {
      const line: Line<"validation"> = value;
      return {
        event: "validation",
        step,
        tokens: number(line.tokens),
        loss: number(line.loss),
        bitsPerByte: number(line.bits_per_byte),
      };
    }
    case "sample": {
      const line: Line<"sample"> = value;
      return { event: "sample", step, prompt: text(line.prompt), text: text(line.text) };
    }
    case "resume": {
      const line: Line<"resume"> = value;
      return { event: "resume", step, steps: number(line.steps), peakFlopPerSecond: number(line.peak_flop_per_second) };
    }
    case "checkpoint":
      return { event: "checkpoint", step };
    default:
      return undefined;
  }
}

function beginOf({ event: _, name: __, time, config, recipe, ...rest }: Line<"begin">): BeginEvent {
  return {
    event: "begin",
    time: text(time),
    parameters: number(rest.parameters),
    steps: number(rest.steps),
    peakFlopPerSecond: number(rest.peak_flop_per_second),
    config: flat(config),
    recipe: flat(recipe),
    facts: flat(rest),
  };
}

function flat(value: unknown): Settings {
  const entries: [string, Settings[string]][] = [];
  const add = (path: string, item: unknown, depth: number): void => {
    if (entries.length >= MOST_SETTINGS || item === undefined) return;
    if (typeof item !== "object" || item === null) {
      entries.push([path, typeof item === "string" ? text(item) : (item as number | boolean | null)]);
    } else if (Array.isArray(item) && item.every((part) => typeof part !== "object")) {
      entries.push([path, text(item.join(", "))]);
    } else if (depth < DEEPEST_SETTING) {
      for (const [key, part] of Object.entries(item)) add(path === "" ? key : `${path}.${key}`, part, depth + 1);
    }
  };
  if (isJsonObject(value)) add("", value, 0);
  return Object.fromEntries(entries);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function number(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : "";
}
