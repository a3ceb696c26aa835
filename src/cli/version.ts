// Which cria this is.
import { readFile } from "node:fs/promises";

/** As package.json has it. */
export async function version(): Promise<string> {
  const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
