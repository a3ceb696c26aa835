// A conversation, and the /commands that change it.
import { writeFile } from "node:fs/promises";
import type { ChatMessage } from "../../chat/index.ts";
import type { LeftOut } from "../../chat/left-out.ts";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { table } from "../terminal/table.ts";

export interface Conversation {
  readonly model: string;
  system: string | undefined;
  /** Without the system message. */
  turns: ChatMessage[];
  /** What the person has been told that the model is not shown. */
  readonly toldLeftOut: Set<LeftOut>;
}

interface SlashCommand {
  readonly usage: string;
  readonly help: string;
  /** @returns what to tell the person; undefined ends the conversation */
  readonly run: (conversation: Conversation, argument: string) => Promise<string | undefined> | string | undefined;
}

const slashCommands: Readonly<Record<string, SlashCommand>> = {
  help: { usage: "/help", help: "Show this", run: () => slashHelp() },
  system: { usage: "/system TEXT", help: "Tell the model something before the conversation; without TEXT, show it", run: setSystem },
  reset: { usage: "/reset", help: "Forget the conversation; what /system says stays", run: reset },
  save: { usage: "/save FILE", help: "Write the conversation to a new file, as JSON", run: save },
  exit: { usage: "/exit", help: "Leave (or Ctrl-D, or Ctrl-C twice)", run: () => undefined },
};

/** What the model reads: the system message, then the turns. */
export function messagesOf({ system, turns }: Conversation): ChatMessage[] {
  return system === undefined ? turns : [{ role: "system", content: system }, ...turns];
}

/**
 * Runs a line that begins with a slash.
 *
 * @returns what to tell the person; undefined ends the conversation
 * @throws UsageError for a command that does not exist or cannot be done
 */
export async function runSlashCommand(conversation: Conversation, line: string): Promise<string | undefined> {
  const [, name, argument] = /^\/(\S*)\s*(.*)$/s.exec(line)!;
  if (Object.hasOwn(slashCommands, name)) return slashCommands[name].run(conversation, argument.trim());
  const near = nearest(name, Object.keys(slashCommands));
  throw new UsageError(`there is no /${name}: ${near === undefined ? "/help shows what there is" : `did you mean /${near}?`}`);
}

function slashHelp(): string {
  const rows = Object.values(slashCommands).map(({ usage, help }) => [usage, help]);
  return `${table([...rows, ["Ctrl-C", "Stop an answer, or clear the line"], ["\\", "At the end of a line: the message goes on"]])}`;
}

function setSystem(conversation: Conversation, text: string): string {
  if (text === "") return conversation.system ?? "no system message is set: /system TEXT sets one";
  conversation.system = text;
  return "noted";
}

function reset(conversation: Conversation): string {
  conversation.turns = [];
  conversation.toldLeftOut.clear();
  return "forgotten";
}

async function save(conversation: Conversation, file: string): Promise<string> {
  if (file === "") throw new UsageError("/save needs the name of a file: /save talk.json");
  const text = JSON.stringify({ model: conversation.model, messages: messagesOf(conversation) }, null, 2);
  await writeFile(file, `${text}\n`, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(cause.code === "EEXIST" ? `${file} is there already: choose another name` : cause.message, { cause });
  });
  return `saved in ${file}`;
}
