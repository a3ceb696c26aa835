// The folder of a run: recipe.json, log.jsonl, the tokenizer, the tokens, the checkpoints. One recipe a folder: another recipe is refused, the same one goes on.
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { FormatError, UsageError } from "../errors.ts";
import { diskError, writeWhole } from "./data/disk.ts";
import type { Recipe } from "./recipe.ts";
import { takeLock } from "./run-lock.ts";
import { logFile } from "./run-log.ts";

export interface RunFolder {
  readonly path: string;
  readonly log: string;
  readonly checkpoints: string;
  /** The path of a checkpoint. */
  checkpoint(name: string): string;
  /** The recipe as plain data. */
  readonly plain: Readonly<Record<string, unknown>>;
  /** Lets other processes in. */
  release(): Promise<void>;
}

const recipeFile = "recipe.json";
/** Holds the number of the process that trains here. */
const lockFile = ".lock";

/** To be released. @throws UsageError for a folder with another recipe, with other things, or in which another process trains */
export async function openRunFolder(path: string, recipe: Recipe): Promise<RunFolder> {
  const plain = JSON.parse(JSON.stringify(recipe)) as Record<string, unknown>;
  await mkdir(path, { recursive: true }).catch((error) => {
    throw diskError(path, error);
  });
  const release = await takeLock(join(path, lockFile)).catch((error) => {
    throw diskError(path, error);
  });
  try {
    await settle(path, plain);
  } catch (error) {
    await release();
    throw error;
  }
  const checkpoints = join(path, "checkpoints");
  return { path, log: join(path, logFile), checkpoints, checkpoint: (name) => join(checkpoints, name), plain, release };
}

/** What a run makes before its first step; it may be made anew. */
const beforeTheFirstStep: readonly string[] = [recipeFile, "tokenizer", "tokenizer.part", "tokens"];

/** Makes sure that the folder belongs to the recipe. */
async function settle(path: string, plain: Record<string, unknown>): Promise<void> {
  const names = (await readdir(path)).filter((name) => name !== lockFile);
  const before = await readRecipe(path);
  const changed = before && changedField(before, plain);
  if (before && changed === undefined) return;
  const others = names.filter((name) => !beforeTheFirstStep.includes(name));
  if (changed !== undefined && others.some((name) => [logFile, "checkpoints"].includes(name))) {
    throw new UsageError(
      `${path}: holds a run with another recipe: its ${changed} is ${JSON.stringify(before?.[changed])}, now it is ${JSON.stringify(plain[changed])}: choose another --out, or remove it`,
    );
  }
  const foreign = before ? others[0] : names[0];
  if (foreign !== undefined) throw new UsageError(`${path}: holds other files, such as ${foreign}: choose another --out, or remove it`);
  for (const name of names) await rm(join(path, name), { recursive: true });
  await writeWhole(join(path, recipeFile), (file) => file.writeFile(`${JSON.stringify(plain, null, 1)}\n`));
}

async function readRecipe(path: string): Promise<Record<string, unknown> | undefined> {
  const file = join(path, recipeFile);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new FormatError(`${file}: is damaged: remove the folder of the run, or choose another --out`, { cause });
  }
}

function changedField(before: Record<string, unknown>, now: Record<string, unknown>): string | undefined {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].find((key) => !isDeepStrictEqual(before[key], now[key]));
}
