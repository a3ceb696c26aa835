// cria beside llama.cpp compiled to WebAssembly (wllama), on the same file in the same Chromium, cross-origin isolated, each in a Worker of its own.
// Prints tokens a second and cria's ratio to the peer, run by run. Needs a build (dist/), a Chrome or Chromium (CHROME_PATH, or installed) and, the
// first time, the network for the peer.
//
//   node bench/browser-peers.mjs [--model FILE]... [--threads 2] [--rounds 5] [--load JSON] [--json]      the flags of peers.mjs
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { runnerImport } from "vite";
import { compareOn, contextLength, flags } from "./compare.mjs";
import { installed } from "./folder.mjs";

const wllamaVersion = "3.8.1";
const { values } = parseArgs({ options: flags });
const threads = Number(values.threads);
const root = fileURLToPath(new URL("..", import.meta.url));
const wllama = join(installed("wllama", { "@wllama/wllama": wllamaVersion }), "node_modules/@wllama/wllama");
const { module: browsers } = await runnerImport(join(root, "test/browser/find-browser.ts"));
const executablePath = browsers.findBrowser();
if (!executablePath) throw new Error("no Chrome or Chromium was found: install one, or name one in CHROME_PATH");

/** What the page may ask for, by the beginning of its path. */
const served = { "/dist/": join(root, "dist"), "/bench/": join(root, "bench"), "/wllama/": wllama };
const types = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
let modelFile;
let page;

const server = createServer(({ url }, response) => {
  const { pathname } = new URL(url, "http://localhost");
  if (pathname === "/") return response.writeHead(200, { ...isolation, "Content-Type": "text/html" }).end("<!doctype html>");
  const prefix = Object.keys(served).find((each) => pathname.startsWith(each));
  const path = pathname === "/model" ? modelFile : prefix && join(served[prefix], normalize(`/${pathname.slice(prefix.length)}`));
  const size = path && statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return response.writeHead(404, isolation).end();
  response.writeHead(200, { ...isolation, "Content-Type": types[extname(path)] ?? "application/octet-stream", "Content-Length": size });
  createReadStream(path).pipe(response);
});
await new Promise((resolve) => {
  server.listen(0, "127.0.0.1", resolve);
});
const browser = await chromium.launch({ executablePath });

try {
  await compareOn(
    values,
    async (model) => {
      modelFile = model;
      await page?.close();
      page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      const contestants = [await start(page, "wllama", { threads, contextLength })];
      contestants.push(await start(page, "cria", { options: { threads, contextLength, ...JSON.parse(values.load) } }));
      contestants[0].name = `wllama ${wllamaVersion}, Chromium ${browser.version()}`;
      return contestants;
    },
    { decoded: 32 },
  );
} finally {
  await browser.close();
  server.close();
}

/** A contestant in a Worker of the page. */
async function start(page, engine, request) {
  const worker = await page.evaluateHandle(() => new Worker("/bench/engines/worker.mjs", { type: "module" }));
  const ask = (message) =>
    worker.evaluate(async (worker, message) => {
      if (message.engine) message.model = await (await fetch("/model")).blob();
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.result));
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(message);
      });
    }, message);
  await ask({ engine: `./${engine}.mjs`, ...request });
  return {
    name: engine,
    run: (prompts, decoded) => ask({ prompts, decoded }),
    close: () => worker.evaluate((worker) => worker.terminate()),
  };
}
