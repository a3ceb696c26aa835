// The model that comes with cria: what `cria` talks with when no model is named and none was pulled.
import { fileURLToPath } from "node:url";

export const bundledModel = {
  name: "llama-cria-stories",
  path: fileURLToPath(new URL("../../models/llama-cria-stories.gguf", import.meta.url)),
} as const;

/** What a name of the command line stands for: the bundled model's is known here only. */
export function withBundled(name: string): string {
  return name === bundledModel.name ? bundledModel.path : name;
}
