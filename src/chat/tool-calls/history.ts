// Calls and results of earlier turns, for templates that do not take them as OpenAI's wire has them.
import type { ChatMessage } from "../messages.ts";
import { nineLetters } from "./call-ids.ts";

/** Every call and every result with an id of nine letters and digits, the same for both: Mistral's templates refuse others, and none. */
export function withNineLetters(messages: readonly ChatMessage[]): ChatMessage[] {
  /** Ids of calls that wait for their results. */
  let waiting = new Set<string>();
  return messages.map((message, i) => {
    if (message.tool_calls) {
      const calls = message.tool_calls.map((call, k) => ({ ...call, id: nineLetters(call.id ?? `call ${i}.${k}`) }));
      waiting = new Set(calls.map(({ id }) => id));
      return { ...message, tool_calls: calls };
    }
    if (message.role !== "tool") return message;
    const [oldest = nineLetters(`result ${i}`)] = message.tool_call_id ? [nineLetters(message.tool_call_id)] : waiting;
    waiting.delete(oldest);
    return { ...message, tool_call_id: oldest };
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
    const left = new Set(results.keys());
    /** Places of results by the ids of their calls, the last first. Those without an id are under "". */
    const places = new Map<string, number[]>();
    for (let at = results.length - 1; at >= 0; at--) {
      const id = results[at].tool_call_id ?? "";
      const known = places.get(id);
      if (known) known.push(at);
      else places.set(id, [at]);
    }
    for (const call of calls) {
      apart.push({ ...message, tool_calls: [call] });
      // Results without ids come in the order of the calls.
      const [anyone, own] = ["", call.id ?? ""].map((id) => places.get(id) ?? []);
      const next = (anyone.at(-1) ?? results.length) <= (own.at(-1) ?? results.length) ? anyone : own;
      const at = next.pop();
      if (at === undefined) continue;
      apart.push(results[at]);
      left.delete(at);
    }
    for (const at of left) apart.push(results[at]);
  }
  return apart;
}
