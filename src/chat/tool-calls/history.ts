// Calls and results of earlier turns, for templates that do not take them as OpenAI's wire has them.
import type { ChatMessage } from "../messages.ts";
import { nineLetters } from "./call-ids.ts";

/** Every call and every result with an id of nine letters and digits, the same for both: Mistral's templates refuse others, and none. */
export function withNineLetters(messages: readonly ChatMessage[]): ChatMessage[] {
  /** Ids of calls that wait for their results. */
  let waiting: string[] = [];
  return messages.map((message, i) => {
    if (message.tool_calls) {
      const calls = message.tool_calls.map((call, k) => ({ ...call, id: nineLetters(call.id ?? `call ${i}.${k}`) }));
      waiting = calls.map(({ id }) => id);
      return { ...message, tool_calls: calls };
    }
    if (message.role !== "tool") return message;
    const id = message.tool_call_id ? nineLetters(message.tool_call_id) : (waiting[0] ?? nineLetters(`result ${i}`));
    waiting = waiting.filter((other) => other !== id);
    return { ...message, tool_call_id: id };
  });
}

/** Several calls in one message become messages of one call each, followed by its result: templates of Llama 3 take no others. */
export function oneCallEach(messages: readonly ChatMessage[]): ChatMessage[] {
  const apart: ChatMessage[] = [];
  for (let i = 0; i < messages.length; i++) {
    const { tool_calls: calls, ...message } = messages[i];
    if (!calls || calls.length === 1) {
      apart.push(messages[i]);
      continue;
    }
    const results: ChatMessage[] = [];
    while (messages[i + 1]?.role === "tool") results.push(messages[++i]);
    for (const call of calls) {
      apart.push({ ...message, tool_calls: [call] });
      // Results without ids come in the order of the calls.
      const at = results.findIndex(({ tool_call_id: id }) => !id || id === call.id);
      if (at >= 0) apart.push(...results.splice(at, 1));
    }
    apart.push(...results);
  }
  return apart;
}
