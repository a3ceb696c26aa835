// The report as one page: tables, bars and a histogram as inline SVG, no script, nothing from the network. (A plotting library would be 100 times as
// large as these two kinds of bars.)
import type { Likeness } from "./dedup/find-duplicates.ts";
import type { DataReport } from "./report.ts";

export function reportPage(report: DataReport): string {
  const { sources, steps, dropped, copies, near, lines, skippedFiles, train, val, words, settings } = report;
  const rules = Object.entries(dropped).sort(([, a], [, b]) => b.documents - a.documents);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Training data</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; background: #fff }
  table { border-collapse: collapse; width: 100% } td, th { padding: .2rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd }
  .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } rect { fill: #7a6a4f } text { font-size: 12px; fill: #222 }
  svg { max-width: 100%; height: auto } code { overflow-wrap: anywhere }
</style>
<h1>Training data</h1>
<p>${number(train.documents)} documents and ${megabytes(train.bytes)} to train on, ${number(val.documents)} and ${megabytes(val.bytes)} to validate with.</p>
<h2>Steps</h2>
${bars(steps.map(({ step, documents, bytes }) => ({ label: step, value: bytes, shown: `${megabytes(bytes)}, ${number(documents)} documents` })))}
<h2>Sources</h2>
${table(
  ["source", "files", "read", "left to train on", "epochs", "share"],
  sources.map(({ name, files, read, kept, epochs, share }) => [
    name,
    files,
    megabytes(read.bytes),
    megabytes(kept.bytes),
    epochs.toFixed(2),
    `${(100 * share).toFixed(1)}%`,
  ]),
)}
<h2>Words of a document</h2>
${bars(histogram(words))}
<h2>Dropped by rules</h2>
${rules.length === 0 ? "<p>Nothing.</p>" : bars(rules.map(([rule, { documents, bytes }]) => ({ label: rule, value: documents, shown: `${number(documents)} documents, ${megabytes(bytes)}` })))}
${table(
  ["rule", "measured", "limit", "document", "begins"],
  rules.flatMap(([rule, { examples }]) =>
    examples.map(({ value, limit, id, excerpt }) => [rule, typeof value === "number" ? short(value) : value, limit, id, excerpt]),
  ),
)}
<h2>Copies</h2>
<p>${number(copies.documents)} documents (${megabytes(copies.bytes)}) are copies of earlier ones, ${number(near.documents)} (${megabytes(near.bytes)}) nearly, with a resemblance of ${settings.resemblance} or more.</p>
${likenesses([...copies.examples, ...near.examples])}
<h2>Frequent lines</h2>
<p>${number(lines.different)} different lines stood more than ${settings.lineRepeats} times: ${number(lines.removed)} lines (${megabytes(lines.bytes)}) went from ${number(lines.documents)} documents, ${number(lines.emptied)} of which had too little left.</p>
${table(
  ["for example"],
  lines.examples.map((line) => [line]),
)}
<h2>Files that were not read</h2>
${
  skippedFiles.length === 0
    ? "<p>None.</p>"
    : table(
        ["file", "why"],
        skippedFiles.slice(0, 100).map(({ path, reason }) => [path, reason]),
      )
}
${skippedFiles.length > 100 ? `<p>And ${number(skippedFiles.length - 100)} more.</p>` : ""}
<h2>Settings</h2>
<p><code>${escapeHtml(JSON.stringify(settings))}</code></p>
</html>
`;
}

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly shown: string;
}

const barHeight = 22;
const labelWidth = 220;
const barWidth = 420;

function bars(all: readonly Bar[]): string {
  const most = Math.max(1, ...all.map(({ value }) => value));
  const rows = all.map(({ label, value, shown }, i) => {
    const [y, width] = [i * barHeight, (barWidth * value) / most];
    return `<text x="${labelWidth - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(label)}</text><rect x="${labelWidth}" y="${y + 3}" width="${width.toFixed(1)}" height="${barHeight - 6}"/><text x="${(labelWidth + width + 6).toFixed(1)}" y="${y + 15}">${escapeHtml(shown)}</text>`;
  });
  return `<svg viewBox="0 0 900 ${all.length * barHeight}" width="900" height="${all.length * barHeight}" role="img">${rows.join("")}</svg>`;
}

/** From the first bin with documents to the last. */
function histogram(words: readonly number[]): Bar[] {
  const first = words.findIndex((count) => count > 0);
  const last = words.findLastIndex((count) => count > 0);
  if (first < 0) return [];
  return words.slice(first, last + 1).map((count, i) => ({
    label: `${number(2 ** (first + i))} to ${number(2 ** (first + i + 1) - 1)}`,
    value: count,
    shown: number(count),
  }));
}

function likenesses(examples: readonly Likeness[]): string {
  return table(
    ["document", "like", "resemblance", "begins"],
    examples.map(({ id, of, resemblance, excerpt }) => [id, of, resemblance.toFixed(3), excerpt]),
  );
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return "";
  const cell = (value: string | number): string =>
    `<td${/^[\d,.]+( MB|%)?$/.test(String(value)) ? ' class="n"' : ""}>${escapeHtml(String(value))}</td>`;
  return `<table><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr>${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}</table>`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
