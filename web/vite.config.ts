// Builds the pages of cria serve into dist/web: one document, one script and one style sheet each, all from the server itself and named by their content.
// `npx vite --config web/vite.config.ts` shows the chat page while it is worked on, in front of a `cria serve` on its usual port.
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL("chat", import.meta.url)),
  // The server may stand behind a proxy, under any path.
  base: "./",
  build: {
    outDir: fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // An inlined picture would be a data: URL, which a strict policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What is bundled keeps its authors' terms beside it.
    license: { fileName: "licenses.md" },
  },
  logLevel: "warn",
  server: { proxy: { "/v1": "http://127.0.0.1:2742" } },
});
export default config;
