// The program: finds the command, reads its flags, runs it, and says what went wrong. Each command is one file, loaded when it is called.
import { sentenceOf, UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Command } from "./command.ts";
import { type CommandLine, type Flags, parseFlags } from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";
import { Interrupted } from "./interrupt.ts";
import { leaveQuietlyWhenNobodyReads, note, print, red } from "./terminal/output.ts";
import { version } from "./version.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ command: Command }>;
}

const commands: Readonly<Record<string, Entry>> = {
  chat: { summary: "talk with a model", load: () => import("./chat.ts") },
  generate: { summary: "continue a text", load: () => import("./generate.ts") },
  serve: { summary: "let OpenAI's, Ollama's and Anthropic's clients ask", load: () => import("./serve.ts") },
  ps: { summary: "see which models a server has in memory, and what it does", load: () => import("./ps.ts") },
  tokenize: { summary: "cut a text into the tokens of a model, or put ids together again", load: () => import("./tokenize.ts") },
  embed: { summary: "make vectors of texts, or tell how near texts are", load: () => import("./embed.ts") },
  inspect: { summary: "show what a model file holds, without loading it", load: () => import("./inspect.ts") },
  perplexity: { summary: "measure how well a model predicts a text", load: () => import("./perplexity.ts") },
  bench: { summary: "measure how fast a model runs here", load: () => import("./bench.ts") },
  data: { summary: "make training data of raw texts: clean, judge, deduplicate, mix", load: () => import("./data.ts") },
  train: { summary: "train a model on texts", load: () => import("./train.ts") },
  export: { summary: "write a model as a GGUF file or a Hugging Face folder, in another type", load: () => import("./export.ts") },
  "train-tokenizer": { summary: "make a tokenizer out of texts", load: () => import("./train-tokenizer.ts") },
  runs: { summary: "watch training runs, and compare them", load: () => import("./runs.ts") },
  pull: { summary: "fetch a model from the Hugging Face hub", load: () => import("./pull.ts") },
  list: { summary: "list the models on this machine, those of other programs too", load: () => import("./list.ts") },
  doctor: { summary: "look at this machine, and say what would make things better", load: () => import("./doctor.ts") },
};

/** Runs the program and sets the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted. @param args after `node cria.js` */
export async function main(args: readonly string[]): Promise<void> {
  leaveQuietlyWhenNobodyReads();
  process.on("uncaughtException", (error) => process.exit(report(error)));
  try {
    await dispatch(args);
  } catch (error) {
    process.exitCode = report(error);
    // What an interrupted command left open (a connection, a timer) must not keep the process.
    if (error instanceof Interrupted) process.exit();
  }
}

async function dispatch([first = "chat", ...others]: readonly string[]): Promise<void> {
  if (first === "help" && others.length > 0) return dispatch([others[0], "--help"]);
  if (["--help", "-h", "help"].includes(first)) return print(programHelp(summaries()));
  if (["--version", "-v"].includes(first)) return print(await version());
  // Flags without a command belong to chat: `cria --model PATH`.
  const [name, args] = first.startsWith("-") ? ["chat", [first, ...others]] : [first, others];
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) throw new UsageError(unknownCommand(name));
  const named = first.startsWith("-") ? others.find((other) => Object.hasOwn(commands, other)) : undefined;
  if (named) throw new UsageError(`flags come after the command: cria ${named} ${first}`);
  const { command } = await entry.load();
  if (args.includes("--help") || args.includes("-h")) return print(commandHelp(name, entry.summary, command));
  const { values, rest } = readArguments(name, args, command);
  await command.run(values, rest[0], rest);
}

function readArguments(name: string, args: readonly string[], command: Command): CommandLine<Flags> {
  try {
    const line = parseFlags(args, command.flags);
    checkArguments(line.rest, command);
    return line;
  } catch (error) {
    if (error instanceof UsageError) error.message += `\nSee \`cria ${name} --help\`.`;
    throw error;
  }
}

function checkArguments(rest: readonly string[], { argument }: Command): void {
  if (rest.length > (argument ? 1 : 0) && !argument?.many) {
    const expected = argument ? `one, ${argument.name}: put quotes around a text with spaces` : "flags only";
    const given = rest.length === 1 ? "1 argument was" : `${rest.length} arguments were`;
    throw new UsageError(`${given} given (${rest.join(" ")}), expected ${expected}`);
  }
  if (argument && !argument.optional && rest.length === 0) throw new UsageError(`${argument.name} is missing`);
}

function summaries(): Record<string, string> {
  return Object.fromEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary]));
}

function unknownCommand(given: string): string {
  const near = nearest(given, Object.keys(commands));
  const path = /[./\\:]/.test(given) ? `: to talk with a model, write cria --model ${given}` : "";
  return `there is no command ${given}${near === undefined ? path : `: did you mean ${near}?`}\nSee \`cria --help\`.`;
}

/** Says what went wrong. @returns the exit code */
function report(error: unknown): number {
  if (error instanceof Error && error.cause instanceof Interrupted) return report(error.cause);
  if (error instanceof Interrupted) {
    note(`cria: ${error.message}`);
    return error.exitCode;
  }
  const sentence = sentenceOf(error);
  if (sentence !== undefined) {
    note(`${red("cria:")} ${sentence}`);
    // A UsageError with a cause is not about what was asked for: the disk or the network refused.
    return error instanceof UsageError && error.cause === undefined ? 2 : 1;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  note(`${red("cria:")} this is a bug in cria, please report it with these lines and the command that you ran\n${stack}`);
  return 1;
}
