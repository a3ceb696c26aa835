// The two streams of every command: answers go to stdout, everything about them goes to stderr.
import { styleText } from "node:util";
import { harmless } from "./printable.ts";

/** One JSON document, on one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Text that a model says: as it is into files and pipes, without controls onto a terminal. */
export function say(text: string): void {
  process.stdout.write(process.stdout.isTTY ? harmless(text) : text);
}

/** A line about what happens. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A line that only people who watch want: nothing where stderr is not a terminal. styleText knows NO_COLOR. */
export function aside(text: string): void {
  if (process.stderr.isTTY) note(grey(text));
}

export function grey(text: string): string {
  return styleText("gray", text, { stream: process.stderr });
}

export function red(text: string): string {
  return styleText("red", text, { stream: process.stderr });
}

/** `cria ... | head` is no error: whoever reads has had enough. */
export function leaveQuietlyWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(0);
    });
  }
}
