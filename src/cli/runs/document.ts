// The page as one HTML document with its script inside: nothing is fetched but, from the server, the runs. The modules of page/ are put into an import map as they
// are, so that there is no bundler, and the file that --html writes is the page that --serve shows.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { News } from "./page/main.ts";
import { pageStyle } from "./style.ts";

export interface DocumentOptions {
  /** Said beside the title: where the runs are, or when they were looked at. */
  readonly status: string;
  /** Runs that the page carries; without them it asks its server. */
  readonly news?: News;
}

export async function pageDocument({ status, news }: DocumentOptions): Promise<string> {
  const modules = await readModules(new URL("./page/main.js", import.meta.url));
  const nonce = randomBytes(16).toString("base64");
  const connect = news ? "'none'" : "'self'";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src data:; connect-src ${connect}">
<title>Training runs</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${pageStyle}
</style>
<header><h1><span>cria</span> runs</h1><p id="status" role="status">${inHtml(status)}</p></header>
<main>
<div class="wide"><table id="runs"></table></div>
<p id="none" class="empty" hidden>No runs yet.</p>
<form id="controls">
<fieldset><legend>Over</legend>
<label><input type="radio" name="over" value="tokens" checked>tokens</label>
<label><input type="radio" name="over" value="step">steps</label>
<label><input type="radio" name="over" value="seconds">time</label>
</fieldset>
<label><input type="checkbox" id="logY">log y</label>
<label><input type="checkbox" id="logX">log x</label>
<label>smoothing <input type="range" id="smoothing" min="0" max="100" value="35"></label>
<span class="key"><span>train</span><span>validation</span></span>
</form>
<div id="first">
<section id="loss"></section>
<section id="samples" aria-label="Samples" hidden><label>Samples <input type="range" id="sampled" min="0"></label><div id="texts"></div></section>
</div>
<div id="others">
<section id="bitsPerByte"></section>
<section id="learningRate"></section>
<section id="gradientNorm"></section>
<section id="tokensPerSecond"></section>
</div>
<section id="compare">
<div><h2>Recipe and configuration</h2><label id="onlyDifferencesLabel" hidden><input type="checkbox" id="onlyDifferences" checked> only what differs</label></div>
<div id="settings" class="wide"></div>
</section>
<noscript>This page draws with a script of its own: it needs JavaScript.</noscript>
</main>
<script type="application/json" id="news">${inScript(news ?? null)}</script>
<script type="importmap" nonce="${nonce}">${inScript({ imports: modules })}</script>
<script type="module" nonce="${nonce}">
import { startPage } from "${bareName("page/main.js")}";
startPage(JSON.parse(document.getElementById("news").textContent) ?? undefined);
</script>
</html>
`;
}

/** Modules as data URLs, by the names under which they import each other: in a data URL, "./chart.js" is relative to nothing. */
async function readModules(entry: URL): Promise<Record<string, string>> {
  const root = new URL("../", entry);
  const nameOf = ({ href }: URL): string => bareName(href.slice(root.href.length));
  const modules: Record<string, string> = {};
  const add = async (url: URL): Promise<void> => {
    if (Object.hasOwn(modules, nameOf(url))) return;
    modules[nameOf(url)] = "";
    const source = await readFile(url, "utf8");
    const imported: URL[] = [];
    const renamed = source.replace(/(?<=^(?:import|export)\b.* from )"(\.{1,2}\/[^"]+)"/gm, (_, path: string) => {
      imported.push(new URL(path, url));
      return JSON.stringify(nameOf(imported[imported.length - 1]));
    });
    modules[nameOf(url)] = `data:text/javascript;base64,${Buffer.from(renamed).toString("base64")}`;
    for (const each of imported) await add(each);
  };
  await add(entry);
  return modules;
}

function bareName(path: string): string {
  return `cria/${path}`;
}

/** No text in it can end the script. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function inHtml(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
