// What went wrong, in a sentence that says what to do.
import { type LeftOut, leftOutSentence } from "../../src/chat/left-out.ts";
import type { Answer, Problem } from "./conversation.ts";
import { CutOffError, RefusedError, UnreachableError } from "./server.ts";

export function problemOf(error: unknown): Problem {
  if (error instanceof UnreachableError) return { text: "The server cannot be reached. Look whether cria serve is still running." };
  if (error instanceof CutOffError) return { text: "The answer was cut off: the connection to the server was lost." };
  if (error instanceof RefusedError) {
    const { status, code, message } = error;
    if (code === "context_length_exceeded") return { text: `${fullContext} The server says: ${sentence(message)}`, full: true };
    if (status === 401) return { text: "The server wants a key." };
    return { text: message === "" ? (silent.get(status) ?? `The server answered with the error ${status}.`) : sentence(message) };
  }
  return { text: `Something is wrong with this page or its server: ${sentence(error instanceof Error ? error.message : String(error))}` };
}

/** What a status means where neither the server nor a proxy before it says more. */
const silent: ReadonlyMap<number, string> = new Map([
  [429, "The server is busy, or this key has asked often enough for now. Wait a moment."],
  [503, "The server is not ready yet, or is about to stop."],
]);

const fullContext =
  "The context is full: this conversation has grown longer than the model can read. Begin a new one, or edit an earlier message.";

/** Why a finished answer is shorter than its model meant it to be; undefined when it is not. */
export function cutOf({ finish, maxTokens, counts }: Answer): Problem | undefined {
  if (finish !== "length") return undefined;
  if (maxTokens !== undefined && (counts === undefined || counts.generated >= maxTokens))
    return { text: `Cut off at ${maxTokens} tokens, as the settings say.` };
  return { text: fullContext, full: true };
}

/** What the model was not shown; undefined where that is nothing. */
export function notShown(leftOut: readonly LeftOut[] = []): string | undefined {
  if (leftOut.length === 0) return undefined;
  const words = leftOutSentence(leftOut);
  return sentence(words[0].toUpperCase() + words.slice(1));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
