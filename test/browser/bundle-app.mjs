// Bundles app.ts with Vite's own settings, into memory, and prints { files, warnings } for bundle.ts.
import { build, createLogger } from "vite";

const warnings = [];
const warn = (message) => warnings.push(message);

const { output } = await build({
  root: import.meta.dirname,
  base: "./",
  configFile: false,
  logLevel: "warn",
  customLogger: { ...createLogger("warn"), warn, warnOnce: warn },
  build: { write: false, rollupOptions: { input: "app.ts", preserveEntrySignatures: "strict", output: { entryFileNames: "[name].js" } } },
});
const files = Object.fromEntries(output.map(({ fileName, code, source }) => [fileName, code ?? String(source)]));
console.log(JSON.stringify({ files, warnings }));
