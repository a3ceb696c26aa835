// Prompts of conversations with tools, and the way back: what a template writes for a call is read as that call.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { storyTokenizer } from "../../test/scripted-model.ts";
import type { ChatPrompt } from "./answer.ts";
import { renderChatTemplate } from "./index.ts";
import { signsOf } from "./marks.ts";
import type { ChatMessage, Tool } from "./messages.ts";
import { type Conversation, capabilitiesOf, openConversation } from "./open-conversation.ts";
import { createAnswerSplitter, type Part } from "./split-answer.ts";
import { callFormatOf } from "./tool-calls/call-format.ts";

const tools: Tool[] = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather of a city",
      parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] },
    },
  },
  { type: "function", function: { name: "now" } },
];
const question: ChatMessage = { role: "user", content: "What is the weather in Zürich?" };
const call = (name: string, given: string, id?: string): NonNullable<ChatMessage["tool_calls"]>[number] => ({
  id,
  type: "function",
  function: { name, arguments: given },
});
const weather = '{"city": "Zürich \\"<b>\\"", "days": 3}';

async function open(template: string, prompt: ChatPrompt): Promise<Conversation & { text: string }> {
  const tokenizer = await storyTokenizer();
  const conversation = await openConversation({ tokenizer, chatTemplate: template }, prompt);
  return { ...conversation, text: tokenizer.decode(conversation.promptIds) };
}

const plainTemplate =
  "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}";

describe.skipIf(!goldenPath("templates"))("with the templates of published models", () => {
  const templateOf = (name: string): { template: string; bos_token: string; eos_token: string } => readGolden(`templates/${name}.json`);

  it.each([
    ["llama-3.1", "llama"],
    ["llama-3.2", "llama"],
    ["hermes-2-pro", "hermes"],
    ["qwen-2.5", "hermes"],
    ["qwen-3", "hermes"],
    ["mistral-v0.3", "mistral"],
  ])("calls that %s writes are read, wherever they are cut", async (name, family) => {
    const { template, bos_token, eos_token } = templateOf(name);
    const calls = [call("get_weather", weather, "abcdefghi"), ...(family === "llama" ? [] : [call("now", "{}", "123456789")])];
    const render = (messages: ChatMessage[], addGenerationPrompt: boolean): Promise<string> =>
      renderChatTemplate(template, {
        messages,
        tools: tools.map((tool) => ({ ...tool, function: { description: "", parameters: { properties: {} }, ...tool.function } })),
        addGenerationPrompt,
        bosToken: bos_token,
        eosToken: eos_token,
      });
    const prompt = await render([question], true);
    const objects = calls.map((each) => ({
      ...each,
      function: { ...each.function, arguments: JSON.parse(each.function.arguments as string) },
    }));
    const whole = await render([question, { role: "assistant", content: "", tool_calls: objects }], false);
    expect(whole.startsWith(prompt)).toBe(true);
    const answer = whole.slice(prompt.length).replace(/(?:<\|eot_id\|>|<\|im_end\|>|<\/s>)\s*$/, "");

    expect(callFormatOf(template)).toEqual({ family, native: true });
    for (let cut = 0; cut <= answer.length; cut++) {
      const options = { family: callFormatOf(template).family, offered: new Set(["get_weather", "now"]) };
      const splitter = createAnswerSplitter({
        signs: signsOf(undefined),
        calls: options,
        thoughts: { open: "<think>", close: "</think>", begun: false },
      });
      const parts: Part[] = [...splitter.push(answer.slice(0, cut)), ...splitter.push(answer.slice(cut)), ...splitter.end()];
      const read = parts.flatMap((part) => (part.kind === "call" ? [part.name] : part.kind === "arguments" ? [JSON.parse(part.text)] : []));
      expect(read).toEqual(objects.flatMap((each) => [each.function.name, each.function.arguments]));
      expect(parts.flatMap((part) => (part.kind === "text" ? [part.text] : []))).toEqual([]);
    }
  });

  const history: ChatMessage[] = [
    question,
    { role: "assistant", content: null, tool_calls: [call("get_weather", weather, "call_1"), call("now", "", "call_2")] },
    { role: "tool", tool_call_id: "call_1", content: "sunny" },
    { role: "tool", tool_call_id: "call_2", content: "noon" },
    { role: "user", content: "And tomorrow?" },
  ];

  it.each([
    "llama-3.1",
    "llama-3.2",
    "hermes-2-pro",
    "qwen-2.5",
    "qwen-3",
    "mistral-v0.3",
    "deepseek-r1-distill",
    "smollm2",
    "chatml",
    "gemma-2",
    "zephyr",
    "phi-3.5",
  ])("%s shows the tools, two calls in one message, and their results", async (name) => {
    const { text } = await open(templateOf(name).template, { messages: history, tools });
    for (const shown of ["The weather of a city", "get_weather", '\\"<b>\\"', '"now"', "sunny", "noon", "And tomorrow?"]) {
      expect(text).toContain(shown);
    }
  });

  it("every template is open to a conversation with calls after the tools have gone", async () => {
    for (const name of ["llama-3.1", "qwen-3", "mistral-v0.3", "smollm2", "gemma-2"]) {
      const { text, calls } = await open(templateOf(name).template, { messages: history });
      expect(calls).toBeUndefined();
      expect(text).toContain("sunny");
      expect(text).not.toContain("The weather of a city");
    }
  });

  it("Mistral sees the same nine letters for a call and its result", async () => {
    const { text } = await open(templateOf("mistral-v0.3").template, { messages: history, tools });
    const ids = [...text.matchAll(/"(?:call_)?id": "([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(4);
    expect(ids.every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
    expect([ids[0], ids[1]]).toEqual([ids[2], ids[3]]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("thoughts are switched by the template's variable, or ended at once", async () => {
    const qwen = templateOf("qwen-3").template;
    const ask = (template: string, reasoning?: boolean): ReturnType<typeof open> => open(template, { messages: [question], reasoning });
    expect((await ask(qwen)).thoughts).toMatchObject({ begun: false, off: false });
    const off = await ask(qwen, false);
    expect(off.thoughts).toMatchObject({ begun: false, off: true });
    expect(off.text.endsWith("<think>\n\n</think>\n\n")).toBe(true);
    const r1 = templateOf("deepseek-r1-distill").template;
    const on = await ask(r1);
    expect(on.thoughts).toMatchObject({ begun: true, off: false });
    expect(on.text.endsWith("<think>\n")).toBe(true);
    const closed = await ask(r1, false);
    expect(closed.text.endsWith("<think>\n\n</think>\n\n")).toBe(true);
    expect(closed.thoughts).toMatchObject({ begun: false, off: true });
    const never = await ask(templateOf("llama-3.2").template, true);
    expect(never.thoughts).toBeUndefined();
    expect(never.text).toBe((await ask(templateOf("llama-3.2").template)).text);
  });

  it("earlier thoughts go to the templates that read them", async () => {
    const messages: ChatMessage[] = [
      question,
      { role: "assistant", content: "", reasoning_content: "Hm, a city.", tool_calls: [call("now", "{}")] },
      { role: "tool", content: "noon" },
    ];
    expect((await open(templateOf("qwen-3").template, { messages, tools })).text).toContain("<think>\nHm, a city.\n</think>");
    expect((await open(templateOf("qwen-2.5").template, { messages, tools })).text).not.toContain("Hm, a city.");
  });

  it("capabilities are those of the template", async () => {
    const tokenizer = await storyTokenizer();
    const of = (name: string): unknown => capabilitiesOf(templateOf(name).template, tokenizer);
    expect(of("llama-3.1")).toEqual({ chat: true, tools: true, reasoning: false });
    expect(of("qwen-3")).toEqual({ chat: true, tools: true, reasoning: true });
    expect(of("deepseek-r1-distill")).toEqual({ chat: true, tools: false, reasoning: true });
    expect(of("smollm2")).toEqual({ chat: true, tools: false, reasoning: false });
    expect(capabilitiesOf(undefined, tokenizer)).toEqual({ chat: false, tools: false, reasoning: false });
    expect(capabilitiesOf(undefined, undefined)).toEqual({ chat: false, tools: false, reasoning: false });
  });
});

describe("with a template that knows no tools", () => {
  const described = /You may call functions.*\n<tools>\n\{"name":"get_weather".*\n\{"name":"now"\}\n<\/tools>/s;

  it("a system message tells of them, and messages hold calls and results", async () => {
    const { text, calls } = await open(plainTemplate, {
      messages: [
        question,
        { role: "assistant", content: "Let me look.", tool_calls: [call("now", "{}")] },
        { role: "tool", content: "noon" },
        { role: "tool", content: [{ type: "text", text: "really" }] },
      ],
      tools,
    });
    expect(text).toMatch(described);
    expect(text).toContain(`[user] What is the weather in Zürich?
[assistant] Let me look.
<tool_call>
{"name":"now","arguments":{}}
</tool_call>
[user] <tool_response>
noon
</tool_response>
<tool_response>
really
</tool_response>
[assistant] `);
    expect(calls?.family).toBe("hermes");
  });

  it("stand behind the system message that there is, or before the user's where none may be", async () => {
    const system = await open(plainTemplate, { messages: [{ role: "system", content: "Be brief." }, question], tools });
    expect(system.text).toMatch(/^\[system\] Be brief\.\n\nYou may call functions/);
    const refusing = `{% if messages[0].role == 'system' %}{{ raise_exception('No system messages') }}{% endif %}${plainTemplate}`;
    expect((await open(refusing, { messages: [question], tools })).text).toMatch(/^\[user\] You may call .*\n\nWhat is the weather/s);
    const refused = open(refusing, { messages: [{ role: "system", content: "x" }, question], tools });
    await expect(refused).rejects.toThrow(/^No system messages$/);
  });

  const answered: ChatMessage[] = [question, { role: "assistant", content: "It rains." }];

  it.each([
    [
      "the user's messages alone",
      "{% for m in messages if m.role == 'user' %}[{{ m.content }}]{% endfor %}",
      [question, ...answered, question],
    ],
    ["the last message alone", "[{{ messages[-1:][0].content }}]", [...answered, { role: "user", content: "And now?" }]],
    [
      "the last message alone, with a system message before it",
      "[{{ messages[-1].content }}]",
      [{ role: "system", content: "x" }, question],
    ],
  ])("tools are told where the template shows %s", async (_, template, messages) => {
    const { text } = await open(template, { messages, tools });
    expect(text.match(/"name":"get_weather"/g)).toHaveLength(1);
    expect(text).toContain(messages.at(-1)!.content);
  });

  it.each([
    ["in the last message", "[{{ messages[-1].content }}]", [{ role: "user", content: "You may call functions. Is it warm?" }]],
    [
      "in an answer",
      "{% for m in messages if m.role != 'system' %}[{{ m.content }}]{% endfor %}",
      [question, { role: "assistant", content: "You may call functions. Each line here describes one" }, question],
    ],
  ])("tools are told once where somebody has said the same words %s", async (_, template, messages) => {
    const { text } = await open(template, { messages, tools });
    expect(text.match(described)).toHaveLength(1);
    expect(text).toContain("</tool_call>\n\n");
  });

  it("tools that no message could tell of are refused", async () => {
    const refused = open("[{{ messages[-1].content }}]", { messages: answered, tools });
    await expect(refused).rejects.toThrow(/leaves out every message that could tell of the tools/);
    await expect(open("[{{ messages[-1].content }}]", { messages: answered })).resolves.toBeDefined();
  });

  it("nothing is told where the choice is none", async () => {
    const { text, calls } = await open(plainTemplate, { messages: [question], tools, toolChoice: "none" });
    expect([text, calls]).toEqual(["[user] What is the weather in Zürich?\n[assistant] ", undefined]);
  });
});

describe("a choice", () => {
  it.each<[Pick<ChatPrompt, "toolChoice" | "parallelToolCalls">, unknown]>([
    [{}, { forced: false, several: true }],
    [{ parallelToolCalls: false }, { forced: false, several: false }],
    [{ toolChoice: "required" }, { forced: true, several: true }],
    [{ toolChoice: { name: "now" } }, { forced: true, several: false, tools: [tools[1]] }],
  ])("%j", async (choice, expected) => {
    const { calls } = await open(plainTemplate, { messages: [question], tools, ...choice });
    expect(calls).toMatchObject(expected as object);
  });
});

describe("a mistake is named with its field", () => {
  it.each<[object, string]>([
    [{ messages: [] }, "messages is an empty list: expected a list of at least one { role, content }"],
    [{ messages: [null] }, "messages[0] is null"],
    [{ messages: [{ content: "x" }] }, "messages[0].role is missing"],
    [{ messages: [question, { role: "user", content: 1 }] }, "messages[1].content is 1: expected a text or a list of parts"],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text is missing"],
    [{ messages: [{ role: "assistant", tool_calls: "x" }] }, "messages[0].tool_calls is a text: expected a list of calls"],
    [{ messages: [{ role: "assistant", tool_calls: [{}] }] }, "messages[0].tool_calls[0].function is missing"],
    [{ messages: [{ role: "assistant", tool_calls: [{ function: {} }] }] }, "messages[0].tool_calls[0].function.name is missing"],
    [
      { messages: [{ role: "assistant", tool_calls: [call("now", '{"a"')] }] },
      "messages[0].tool_calls[0].function.arguments is not JSON: it breaks off after 4 letters",
    ],
    [{ messages: [{ role: "assistant", tool_calls: [call("now", '{"a": secret}')] }] }, "is not JSON: letter 7 cannot stand there"],
    [{ messages: [{ role: "assistant", tool_calls: [call("now", "{} secret")] }] }, "it goes on behind its end, with letter 4"],
    [
      { messages: [{ role: "assistant", tool_calls: [call("now", "[1]")] }] },
      "messages[0].tool_calls[0].function.arguments is a list: expected an object",
    ],
    [{ messages: [{ role: "tool", tool_call_id: 1, content: "" }] }, "messages[0].tool_call_id is 1: expected a text"],
    [{ messages: [question], tools: {} }, "tools is an object: expected a list of functions"],
    [{ messages: [question], tools: [{ type: "search" }] }, 'tools[0].type is a text: expected "function"'],
    [{ messages: [question], tools: [{ function: { name: "" } }] }, "tools[0].function.name is empty: expected the name of a function"],
    [
      { messages: [question], tools: [{ function: { name: "f", parameters: [] } }] },
      "tools[0].function.parameters is an empty list: expected a JSON Schema",
    ],
    ...[{}, { toolChoice: "required" }, { toolChoice: "none" }].map((choice): [object, string] => [
      { messages: [question], tools: [{ function: { name: "f", parameters: { type: "string" } } }], ...choice },
      'tools[0].function.parameters of "f" has another type than "object": expected the schema of an object',
    ]),
    [{ messages: [question], tools: [tools[1], tools[1]] }, 'tools[1].function.name is "now", as that of an earlier one'],
    [{ messages: [question], toolChoice: "required" }, 'toolChoice is "required", and there are no tools'],
    [
      { messages: [question], tools, toolChoice: { name: "f" } },
      'toolChoice names the function "f", which is none of the tools: get_weather, now',
    ],
  ])("%j", async (prompt, message) => {
    const opened = open(plainTemplate, prompt as ChatPrompt);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toHaveProperty("name", "UsageError");
  });

  it("also where the arguments of a call would exhaust the stack", async () => {
    const nested = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    const given = (levels: number): ChatPrompt => ({
      messages: [question, { role: "assistant", tool_calls: [call("now", nested(levels))] }, question],
    });
    await expect(open(plainTemplate, given(100))).resolves.toBeDefined();
    for (const levels of [101, 50_000])
      await expect(open(plainTemplate, given(levels))).rejects.toThrow(
        "messages[1].tool_calls[0].function.arguments nests deeper than 100 levels",
      );
  });

  it.each([
    { messages: [{ role: "user", content: { secret: 1 } }] },
    { messages: ["secret"] },
    { messages: [{ role: "assistant", tool_calls: [call("now", '"secret"')] }] },
    { messages: [{ role: "assistant", tool_calls: [call("now", "secret")] }] },
  ])("and nothing of what was written: %j", async (prompt) => {
    await expect(open(plainTemplate, prompt as unknown as ChatPrompt)).rejects.toThrow(/^messages\[0\](?!.*secret)/);
  });
});
