// The log of a run: one JSON object a line, appended while it goes. `cria runs` reads it, and so can everything else.
import { open, readFile } from "node:fs/promises";
import type { ModelConfig } from "../model/config.ts";
import { diskError, writeWhole } from "./data/disk.ts";

/** Its name in the folder of a run. */
export const logFile = "log.jsonl";

/** Where a run computes: it may go on elsewhere, and further. */
interface Place {
  /** Of the whole run. */
  readonly steps: number;
  /** Null, here and below, where nobody told. */
  readonly peak_flop_per_second: number | null;
  readonly threads: number | null;
  readonly build: string | null;
}

export type RunEvent =
  | ({
      readonly event: "begin";
      readonly name: string;
      readonly time: string;
      readonly parameters: number;
      readonly config: ModelConfig;
      /** The recipe as plain data. */
      readonly recipe: unknown;
      readonly train_tokens: number;
      readonly val_tokens: number;
      readonly tokens_per_step: number;
      readonly flop_per_token: number;
    } & Place)
  | {
      readonly event: "step";
      /** Counted from 1. */
      readonly step: number;
      /** Seen by then, in all. */
      readonly tokens: number;
      /** Nats a token, of this step's batch. */
      readonly loss: number;
      readonly bits_per_byte: number;
      readonly learning_rate: number;
      readonly gradient_norm: number;
      /** Since this process began to train. */
      readonly seconds: number;
      readonly tokens_per_second: number;
      readonly flop_per_second: number;
    }
  /** Of all validation rows, by the weights behind the step. */
  | { readonly event: "validation"; readonly step: number; readonly tokens: number; readonly loss: number; readonly bits_per_byte: number }
  | { readonly event: "sample"; readonly step: number; readonly prompt: string; readonly text: string }
  | { readonly event: "checkpoint"; readonly step: number; readonly folder: string }
  | ({ readonly event: "resume"; readonly step: number; readonly time: string } & Place)
  | { readonly event: "end"; readonly step: number; readonly time: string; readonly reason: "finished" | "interrupted" | "diverged" };

export interface RunLog {
  /** Whether it has a line of the beginning. */
  readonly isBegun: boolean;
  write(event: RunEvent): Promise<void>;
  close(): Promise<void>;
}

/** A new log, or one whose run goes on: what was logged behind the step that it goes on from is taken out, since it comes again. */
export async function openRunLog(path: string, resumeAt: number | undefined): Promise<RunLog> {
  const kept = resumeAt === undefined ? [] : await linesUpTo(path, resumeAt);
  await writeWhole(path, (file) => file.writeFile(kept.map((line) => `${line}\n`).join("")));
  const refused = (error: unknown): never => {
    throw diskError(path, error);
  };
  const file = await open(path, "a").catch(refused);
  return {
    isBegun: kept.some((line) => (JSON.parse(line) as RunEvent).event === "begin"),
    write: (event) => file.appendFile(`${JSON.stringify(event)}\n`).catch(refused),
    close: () => file.close(),
  };
}

async function linesUpTo(path: string, step: number): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter((line) => isUpTo(line, step));
}

function isUpTo(line: string, step: number): boolean {
  try {
    const event = JSON.parse(line) as RunEvent;
    return event.event === "begin" || (event.event !== "end" && event.step <= step);
  } catch {
    return false; // half of a line, where a run was killed
  }
}
