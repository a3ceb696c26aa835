// Loads a model from the sources, answers one prompt and prints the pieces, for commands.ts.
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const { model, options, prompt, maxTokens } = JSON.parse(process.argv[2]);
const sources = await createServer({
  configFile: false,
  logLevel: "silent", // stdout is for the pieces
  appType: "custom",
  optimizeDeps: { noDiscovery: true }, // the cache of bundled dependencies is the test server's
  server: { middlewareMode: true, ws: false, watch: null },
});
const { load } = await sources.ssrLoadModule(fileURLToPath(new URL("../../src/index.ts", import.meta.url)));
const llama = await load(model, { ...options, relaxedSimd: true });
const answer = { temperature: 0, maxTokens, ignoreEos: true, logprobs: 0 };
const pieces = [];
for await (const piece of typeof prompt === "string" ? llama.generate(prompt, answer) : llama.chat(prompt, answer)) pieces.push(piece);
console.log(JSON.stringify(pieces));
await sources.close();
