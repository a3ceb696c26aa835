// The words of --help, from the table of commands and from a command's flags.
import type { Command } from "./command.ts";
import { describe, type Flag, type Flags, flagName } from "./flags.ts";
import { table } from "./terminal/table.ts";

/** @param summaries of all commands, by name */
export function programHelp(summaries: Readonly<Record<string, string>>): string {
  return `cria runs models of the Llama family: it loads them, talks with them, and takes them apart.

Usage: cria [COMMAND] [FLAGS]
       cria COMMAND --help

Commands (without one, cria talks: the same as \`cria chat\`):
${indent(table(Object.entries(summaries)))}

A model is named the same way everywhere: a path to a .gguf file or a Hugging Face folder, hf:owner/repo[/file], an https URL, or a name from
\`cria list\`.

Examples:
${examples([
  ["pull hf:HuggingFaceTB/SmolLM2-135M-Instruct", "fetch a small model (270 MB)"],
  ["", "talk with it"],
  ["chat --model model.gguf", "talk with a model of your own"],
  ['generate --model model.gguf "Once upon a time"', "continue a text"],
  ["inspect model.gguf", "see what a file holds"],
])}

Exit codes: 0 done, 1 failed, 2 wrong usage.`;
}

export function commandHelp(name: string, summary: string, { argument, about, flags, examples: shown }: Command): string {
  const more = argument?.many ? "..." : "";
  const place = argument ? ` ${argument.optional ? `[${argument.name}]` : argument.name}${more}` : "";
  return `cria ${name}: ${summary}

Usage: cria ${name} [FLAGS]${place}

${about}

Flags:
${indent(table(flagRows(flags)))}

Examples:
${examples(shown)}`;
}

function flagRows(flags: Flags): string[][] {
  const rows = Object.entries(flags).map(([name, flag]) => [
    `${flag.short === undefined ? "   " : `-${flag.short},`} ${flagName(name)}${flag.value === undefined ? "" : ` ${flag.value}`}`,
    flag.help + remark(flag),
  ]);
  return [...rows, ["-h, --help", "Show this help"]];
}

/** Range and default, from the schema. */
function remark({ schema }: Flag): string {
  const { kind, expected, fallback } = describe(schema);
  const told = [
    kind === "number" || expected.includes(" or ") ? expected : undefined,
    fallback === undefined || kind === "switch" || kind === "list" ? undefined : `default ${fallback}`,
  ].filter((part) => part !== undefined);
  return told.length > 0 ? ` (${told.join(", ")})` : "";
}

function examples(lines: readonly (readonly [string, string])[]): string {
  return indent(table(lines.map(([line, what]) => [`cria ${line}`.trimEnd(), `# ${what}`])));
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
