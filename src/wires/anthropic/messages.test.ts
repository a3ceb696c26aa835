// Answers as Anthropic's events and messages.
import { expect, it } from "vitest";
import type { AnswerEvent, Answering, EndReason } from "../../chat/answer.ts";
import type { MessageEvent } from "./message-types.ts";
import { message, messageEvents } from "./messages.ts";

const usage = { promptTokens: 9, cachedTokens: 4, generatedTokens: 5, reasoningTokens: 1 };
const end = (reason: EndReason, stop?: string): AnswerEvent => ({
  type: "end",
  reason,
  ...(stop === undefined ? {} : { stop }),
  usage,
  seed: 1,
  milliseconds: { prompt: 1, generation: 1 },
});
const text = (type: "text" | "reasoning", words: string): AnswerEvent => ({ type, text: words, tokens: [] });
const call = (index: number, ...pieces: string[]): AnswerEvent[] => [
  { type: "toolCall", index, id: `id_${index}`, name: "look" },
  ...pieces.map((piece): AnswerEvent => ({ type: "toolArguments", index, text: piece })),
];

function answering(...events: AnswerEvent[]): Answering {
  return {
    async *answer() {
      yield { type: "prompt", promptTokens: 9, cachedTokens: 4 };
      yield* events;
    },
  };
}

const request = { request: { prompt: { text: "" } }, hideThoughts: false };

async function eventsOf(answers: Answering, asked = request): Promise<MessageEvent[]> {
  const events: MessageEvent[] = [];
  for await (const event of messageEvents(answers, asked, "m")) events.push(event);
  return events;
}

const answer = [
  text("reasoning", "Hm"),
  text("text", ""),
  text("text", "I "),
  text("text", "look"),
  ...call(0, '{"at"', ":1}"),
  ...call(1, "{}"),
  end("toolCalls"),
];

it("blocks begin, grow and end one after the other", async () => {
  const events = await eventsOf(answering(...answer));
  expect(events.map((event) => ("index" in event ? `${event.type} ${event.index}` : event.type))).toEqual([
    "message_start",
    ...["content_block_start 0", "content_block_delta 0", "content_block_delta 0", "content_block_stop 0"],
    ...["content_block_start 1", "content_block_delta 1", "content_block_delta 1", "content_block_stop 1"],
    ...["content_block_start 2", "content_block_delta 2", "content_block_delta 2", "content_block_stop 2"],
    ...["content_block_start 3", "content_block_delta 3", "content_block_stop 3"],
    ...["message_delta", "message_stop"],
  ]);
  expect(events.flatMap((event) => (event.type === "content_block_delta" ? event.delta : []))).toEqual([
    { type: "thinking_delta", thinking: "Hm" },
    { type: "signature_delta", signature: expect.stringMatching(/./) },
    { type: "text_delta", text: "I " },
    { type: "text_delta", text: "look" },
    { type: "input_json_delta", partial_json: '{"at"' },
    { type: "input_json_delta", partial_json: ":1}" },
    { type: "input_json_delta", partial_json: "{}" },
  ]);
  expect(events[0]).toMatchObject({
    message: { content: [], stop_reason: null, usage: { input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 0 } },
  });
});

it("whole, they are a message", async () => {
  const whole = await message(answering(...answer), request, "m");
  expect(whole).toMatchObject({
    type: "message",
    model: "m",
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 5, output_tokens_details: { thinking_tokens: 1 } },
  });
  expect(whole.content).toEqual([
    { type: "thinking", thinking: "Hm", signature: expect.stringMatching(/./) },
    { type: "text", text: "I look", citations: null },
    { type: "tool_use", id: "id_0", name: "look", input: { at: 1 }, caller: { type: "direct" } },
    { type: "tool_use", id: "id_1", name: "look", input: {}, caller: { type: "direct" } },
  ]);
});

it.each([[], ['{"at": ']])("half a call is none, and thoughts can be kept back: %s", async (...pieces) => {
  const cut = answering(text("reasoning", "Hm"), ...call(0, ...pieces), end("length"));
  const whole = await message(cut, { ...request, hideThoughts: true }, "m");
  expect(whole.stop_reason).toBe("max_tokens");
  expect(whole.content).toEqual([{ type: "thinking", thinking: "", signature: expect.stringMatching(/./) }]);
});

it.each([
  [end("end"), { stop_reason: "end_turn", stop_sequence: null }],
  [end("stop", "."), { stop_reason: "stop_sequence", stop_sequence: "." }],
  [end("context"), { stop_reason: "model_context_window_exceeded" }],
])("it says why it ended: %j", async (last, expected) => {
  expect(await message(answering(last), request, "m")).toMatchObject({ content: [], ...expected });
});
