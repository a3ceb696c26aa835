// The facts about a model, as a page for the terminal.
import { isJsonObject } from "../../formats/strict-json.ts";
import { showBytes } from "../../hub/repo-models.ts";
import type { ModelConfig } from "../../model/config.ts";
import { showShape } from "../../tensor/shape.ts";
import { harmless, printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { showCount } from "../terminal/units.ts";
import type { Facts, TensorFact, TokenizerFacts } from "./facts.ts";
import type { Memory } from "./memory.ts";

/** @param everyTensor a row for each, not one for the same tensor of all layers */
export function reportOf(facts: Facts, everyTensor: boolean): string {
  const { config, memory, chatTemplate } = facts;
  const sections: [title: string, body: string][] = [
    ["", table(overview(facts))],
    ["Configuration", config ? table(entriesOf(config)) : ""],
    ["Memory", memory ? table(memoryRows(memory), [1]) : ""],
    ["Types", table(typeRows(facts), [1, 2, 3, 4])],
    ["Tokenizer", tokenizerText(facts.tokenizer)],
    ["Chat template", chatTemplate === undefined ? "none" : beginningOf(chatTemplate)],
    ["Tensors", table(everyTensor ? facts.tensors.map(tensorRow) : foldedRows(facts.tensors), [0, 3])],
  ];
  return sections
    .filter(([, body]) => body !== "")
    .map(([title, body]) => (title === "" ? body : `${title}\n${body.replace(/^/gm, "  ")}`))
    .join("\n\n");
}

function overview({ file, format, title, architecture, parameters, tensors, obstacle }: Facts): string[][] {
  const rows = [
    ["file", printable(file)],
    ["format", format],
    ["name", title === undefined ? undefined : printable(title)],
    ["architecture", architecture === undefined ? undefined : printable(architecture)],
    ["parameters", showCount(parameters)],
    ["tensors", showCount(tensors.length)],
    ["cria runs it", obstacle === undefined ? "yes" : `no: ${printable(obstacle)}`],
  ];
  return rows.filter((row): row is string[] => row[1] !== undefined);
}

/** Nested values by their path: norm.eps. Long lists are cut short. */
function entriesOf(config: ModelConfig): string[][] {
  const rows: string[][] = [];
  const walk = (path: string, value: unknown): void => {
    if (value === undefined) return;
    if (isJsonObject(value)) {
      for (const [key, inner] of Object.entries(value)) walk(path === "" ? key : `${path}.${key}`, inner);
    } else {
      // A float32 of the file, 0.000009999999747378752, was written as 0.00001.
      const text =
        typeof value === "number" ? String(Number(value.toPrecision(7))) : typeof value === "string" ? value : JSON.stringify(value);
      rows.push([path, text.length <= 60 ? text : `${text.slice(0, 60)}...`]);
    }
  };
  walk("", config);
  return rows;
}

function memoryRows(memory: Memory): string[][] {
  const { weightsStored, weightsWasm, widened, kvPerThousandTokens, kvFullContext, context, activations, total, totalContext } = memory;
  return [
    ["weights in the file", showBytes(weightsStored)],
    ["weights in the wasm backend", showBytes(weightsWasm)],
    ...widened.map(({ from, to, storedBytes, bytes }) => [`  of it ${from} (${showBytes(storedBytes)}) as ${to}`, showBytes(bytes)]),
    ["keys and values, 1,000 tokens", showBytes(kvPerThousandTokens)],
    [`keys and values, ${showCount(context)} tokens (full context)`, showBytes(kvFullContext)],
    ["activations, about", showBytes(activations)],
    [`in all with ${showCount(totalContext)} tokens (unless --ctx says otherwise)`, showBytes(total)],
  ];
}

function typeRows({ types, tensors }: Facts): string[][] {
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  return types.map(({ type, tensors, parameters, bytes }) => [
    type,
    `${showCount(tensors)} tensors`,
    `${showCount(parameters)} values`,
    showBytes(bytes),
    `${((100 * bytes) / Math.max(1, total)).toFixed(1)} %`,
  ]);
}

function tokenizerText(tokenizer: TokenizerFacts | string): string {
  if (typeof tokenizer === "string") return printable(tokenizer);
  const { kind, vocabulary, bos, eos, ends, special } = tokenizer;
  return table([
    ["kind", printable(kind)],
    ["vocabulary", showCount(vocabulary)],
    ["special tokens", showCount(special)],
    ["begins a text", printable(bos ?? "none")],
    ["ends a text", printable(eos ?? "none")],
    ["ends an answer", printable(ends.join(" "))],
  ]);
}

function beginningOf(template: string): string {
  const lines = harmless(template).split("\n");
  const shown = lines.slice(0, 5).map((line) => (line.length <= 140 ? line : `${line.slice(0, 140)}...`));
  return [...shown, ...(lines.length > 5 ? [`... (${showCount(lines.length)} lines)`] : [])].join("\n");
}

function tensorRow({ name, shape, type, bytes }: TensorFact): string[] {
  return ["", printable(name), `${type} ${showShape(shape)}`, showBytes(bytes)];
}

/** Tensors that differ in the number of their layer only share a row: 30x blk.*.attn_q.weight. */
function foldedRows(tensors: readonly TensorFact[]): string[][] {
  const groups = new Map<string, { first: TensorFact; pattern: string; count: number; bytes: number }>();
  for (const tensor of tensors) {
    const pattern = tensor.name.replace(/(^|\.)\d+\./, "$1*.");
    const key = `${pattern} ${tensor.type} ${showShape(tensor.shape)}`;
    const group = groups.get(key) ?? { first: tensor, pattern, count: 0, bytes: 0 };
    groups.set(key, { ...group, count: group.count + 1, bytes: group.bytes + tensor.bytes });
  }
  return [...groups.values()].map(({ first, pattern, count, bytes }) =>
    count === 1 ? tensorRow(first) : [`${count}x`, ...tensorRow({ ...first, name: pattern, bytes }).slice(1)],
  );
}
