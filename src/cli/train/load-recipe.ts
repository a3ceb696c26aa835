// From the name of a recipe to the recipe: one of those that come with cria, or a file of the user's.
import { readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { type Recipe, type RecipeArguments, type RecipeFunction, requireWhole } from "../../train/recipe.ts";

/** Compiled from recipes/ of the repository. */
const ownFolder = new URL("../../recipes/", import.meta.url);

/** The recipe for plain text. */
const defaultName = "text";

/** @throws UsageError for a recipe that is not there, or a file that is none */
export async function loadRecipe(name: string = defaultName, given: RecipeArguments): Promise<Recipe> {
  const make = await recipeFunction(name);
  try {
    return requireWhole(await make(given));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${name}: the recipe fails: ${(cause as Error)?.message ?? cause}`, { cause });
  }
}

async function recipeFunction(name: string): Promise<RecipeFunction> {
  const own = (await readdir(ownFolder)).filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -3));
  const url = own.includes(name) ? new URL(`${name}.js`, ownFolder) : await fileOf(name, own);
  const module = await importFile(url, name);
  if (typeof module.default !== "function") {
    throw new UsageError(`${name}: has no recipe: expected a module whose default export is a function that returns one`);
  }
  return module.default as RecipeFunction;
}

/** Names that Node runs. */
const runnable = /\.[cm]?[jt]s$/;

async function importFile(url: URL, name: string): Promise<{ default?: unknown }> {
  if (!runnable.test(url.pathname)) {
    throw new UsageError(`${name}: is no recipe: expected a module, .js or .ts; texts to learn from are given with --data`);
  }
  try {
    return (await import(url.href)) as { default?: unknown };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const noTypes = code === "ERR_UNKNOWN_FILE_EXTENSION" || code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING";
    const why = noTypes ? `this Node (${process.versions.node}) runs no TypeScript: compile it, or use Node 22.18 or newer` : message;
    throw new UsageError(`${name}: cannot be run: ${why}`, { cause: noTypes ? undefined : cause });
  }
}

async function fileOf(name: string, own: readonly string[]): Promise<URL> {
  const path = resolve(name);
  if (!(await stat(path).catch(() => undefined))) {
    const near = nearest(name, own);
    throw new UsageError(
      `there is no recipe ${name}${near === undefined ? "" : `: did you mean ${near}?`}: name a file, or one of ${own.join(", ")}`,
    );
  }
  return pathToFileURL(path);
}
