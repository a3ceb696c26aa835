// One message from the keyboard. The line editor lives only while a message is typed: during an answer the terminal is in its usual mode, where
// Ctrl-C is a signal.
import { createInterface } from "node:readline";
import { interruption } from "../interrupt.ts";
import { aside } from "../terminal/output.ts";

/** Lines that arrive within so many milliseconds were pasted together, and are one message. */
const pasteGap = 20;
const historySize = 500;

/** Asks for messages, and remembers them for the arrow keys. */
export function createAsker(prompt: string): () => Promise<string | undefined> {
  let history: string[] = [];

  /** @returns undefined at the end: Ctrl-D, or Ctrl-C twice at an empty prompt */
  return () =>
    new Promise((resolve) => {
      const output = process.stderr.isTTY ? process.stderr : process.stdout;
      const editor = createInterface({ input: process.stdin, output, prompt, history: [...history], historySize, signal: interruption() });
      let lines: string[] = [];
      let message: string | undefined;
      let leaving = false;
      let pasted: NodeJS.Timeout | undefined;

      editor.on("history", (lines) => {
        history = lines;
      });
      editor.on("line", (line) => {
        clearTimeout(pasted);
        leaving = false;
        const continues = line.endsWith("\\");
        lines.push(continues ? line.slice(0, -1) : line);
        editor.setPrompt(". ");
        if (continues) editor.prompt();
        else pasted = setTimeout(finish, pasteGap);
      });
      editor.on("SIGINT", () => {
        clearTimeout(pasted);
        const empty = lines.length === 0 && editor.line === "";
        if (leaving && empty) return editor.close();
        leaving = empty;
        lines = [];
        editor.write(null, { ctrl: true, name: "e" });
        editor.write(null, { ctrl: true, name: "u" }); // the line is deleted, from its end to its beginning
        if (leaving) {
          process.stderr.write("\n");
          aside("Ctrl-C again leaves, /help helps");
        }
        editor.setPrompt(prompt);
        editor.prompt();
      });
      editor.on("close", () => {
        clearTimeout(pasted);
        if (message === undefined) output.write("\n");
        resolve(message);
      });
      editor.prompt();

      function finish(): void {
        if (editor.line !== "") return; // the last line of what was pasted waits for Enter
        message = lines.join("\n");
        editor.close();
      }
    });
}
