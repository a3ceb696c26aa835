// Where reference numbers come from: ../shared beside the checkout (complete), or the committed subset in test/goldens.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = join(dirname(fileURLToPath(import.meta.url)), "..");
const shared: string = join(root, "..", "shared");

/** Path of a golden file or folder, relative to goldens/; undefined where neither the complete set nor the subset has it. */
export function goldenPath(name: string): string | undefined {
  return [join(shared, "goldens", name), join(root, "test", "goldens", name)].find(existsSync);
}

/** Path inside ../shared (data, models: licensed things that are never committed); undefined where it is absent. */
export function sharedPath(name: string): string | undefined {
  const path = join(shared, name);
  return existsSync(path) ? path : undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: golden files have many shapes; each test knows its own
export function readGolden(name: string): any {
  const path = goldenPath(name);
  if (!path) throw new Error(`golden ${name} is missing: it belongs to ../shared/goldens or test/goldens`);
  return JSON.parse(readFileSync(path, "utf8"));
}

/** True when the whole, slower set of cases was asked for (npm run test:all). */
export const testAll: boolean = process.env.CRIA_TEST_ALL === "1";
