// The conversation at a terminal: ask, answer, ask again.
import { basename } from "node:path";
import { styleText } from "node:util";
import type { ChatMessage } from "../../chat/index.ts";
import { leftOutSentence } from "../../chat/left-out.ts";
import { sentenceOf } from "../../errors.ts";
import type { ChatOptions, Llama } from "../../llama.ts";
import { parameterCount } from "../../model/weights.ts";
import { interruption, withInterrupt } from "../interrupt.ts";
import { showAnswer } from "../show-answer.ts";
import { aside, note } from "../terminal/output.ts";
import { showCount } from "../terminal/units.ts";
import { createAsker } from "./ask.ts";
import { type Conversation, messagesOf, runSlashCommand } from "./conversation.ts";

interface SessionOptions {
  readonly model: string;
  readonly system: string | undefined;
  readonly quiet: boolean;
  readonly options: ChatOptions;
}

/** Returns when the person leaves. */
export async function chatInTerminal(llama: Llama, { model, system, quiet, options }: SessionOptions): Promise<void> {
  const conversation: Conversation = { model, system, turns: [], toldLeftOut: new Set() };
  const ask = createAsker(styleText("bold", "> ", { stream: process.stderr }));
  if (!quiet) {
    const parameters = showCount(parameterCount(llama.config));
    aside(
      `${basename(model)}: ${parameters} parameters, a context of ${showCount(llama.contextLength)} tokens. /help helps, Ctrl-D leaves.`,
    );
  }
  for (;;) {
    const line = await ask();
    interruption().throwIfAborted();
    if (line === undefined) return;
    if (line.trim() === "") continue;
    if (!line.startsWith("/")) {
      await answer(llama, conversation, line, quiet, options);
      continue;
    }
    try {
      const told = await runSlashCommand(conversation, line);
      if (told === undefined) return;
      note(told);
    } catch (error) {
      tell(error);
    }
  }
}

/** Answers, and adds both turns to the conversation; an answer that was stopped counts as far as it was shown. */
async function answer(llama: Llama, conversation: Conversation, content: string, quiet: boolean, options: ChatOptions): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, interruption()]);
  const question: ChatMessage = { role: "user", content };
  const pieces = llama.chat([...messagesOf(conversation), question], { ...options, signal });
  let said = "";
  const keep = (text: string): void => {
    said += text;
  };
  try {
    const end = await withInterrupt(
      () => stop.abort(),
      () => showAnswer(pieces, quiet, keep),
    );
    const { toldLeftOut } = conversation;
    const news = end.leftOut.filter((each) => !toldLeftOut.has(each));
    if (news.length > 0 && !quiet) note(leftOutSentence(news));
    for (const each of news) toldLeftOut.add(each);
    if (end.reason === "context") note("the context is full: /reset starts anew, --ctx makes room for more");
  } catch (error) {
    interruption().throwIfAborted();
    if (stop.signal.aborted) aside("[stopped]");
    else {
      tell(error);
      if (conversation.turns.length > 0) note("/reset forgets the conversation so far");
    }
  }
  if (said !== "") conversation.turns.push(question, { role: "assistant", content: said });
}

/** @throws what is a bug */
function tell(error: unknown): void {
  const sentence = sentenceOf(error);
  if (sentence === undefined) throw error;
  note(sentence);
}
