// What a template leaves out without a word.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { storyTokenizer } from "../../test/scripted-model.ts";
import { UsageError } from "../errors.ts";
import type { ChatPrompt } from "./answer.ts";
import { type LeftOut, leftOutOf } from "./left-out.ts";
import type { ChatMessage, Tool } from "./messages.ts";
import { openConversation } from "./open-conversation.ts";

const [system, user, assistant] = ["system", "user", "assistant"].map((role): ChatMessage => ({ role, content: "Be brief." }));
const loop = (messages: string): string => `{% for m in ${messages} %}[{{ m.role }}] {{ m.content }}\n{% endfor %}`;
const leftOut = async (template: string, messages: readonly ChatMessage[], more: Partial<ChatPrompt> = {}): Promise<readonly LeftOut[]> => {
  const tokenizer = await storyTokenizer();
  return (await openConversation({ tokenizer, chatTemplate: template }, { messages, ...more })).leftOut;
};

/** A template that knows calls, as the mark in it says. */
const knowsCalls = (messages: string): string =>
  `{# <tool_call> #}{% for m in ${messages} %}[{{ m.role }}] {{ m.content }} {{ m.tool_calls }}
{% endfor %}`;
const called: ChatMessage[] = [
  user,
  { role: "assistant", content: null, tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
  { role: "tool", tool_call_id: "c", content: "rain" },
];

describe("a template", () => {
  const long = [system, user, assistant, system, user];
  it.each<[string, string, readonly ChatMessage[], LeftOut[]]>([
    ["shows all", loop("messages"), long, []],
    ["shows the last message", loop("messages[-1:]"), long, ["system", "later system", "history"]],
    ["shows the last message, and there is one", loop("messages[-1:]"), [user], []],
    ["shows the last message, and there is a system message", loop("messages[-1:]"), [system, user], ["system"]],
    ["shows the last message, and there are earlier ones", loop("messages[-1:]"), [user, assistant, user], ["history"]],
    ["has no system messages", loop("messages | rejectattr('role', 'equalto', 'system')"), long, ["system", "later system"]],
    [
      "takes the first message for the system's",
      `{{ messages[0].content }}\n${loop("messages[1:] | rejectattr('role', 'equalto', 'system')")}`,
      long,
      ["later system"],
    ],
    [
      "refuses system messages",
      `{% if messages[0].role == 'system' %}{{ raise_exception('No') }}{% endif %}${loop("messages")}`,
      [user, assistant, user],
      [],
    ],
    ["shows nothing", "{{ bos_token }}", long, []],
    ["shows the last three messages of five", loop("messages[-3:]"), [user, assistant, user, assistant, user], ["history"]],
    ["shows the last three messages of three", loop("messages[-3:]"), [user, assistant, user], []],
    ["shows the user's messages", loop("messages | selectattr('role', 'equalto', 'user')"), [user, assistant], ["history"]],
    [
      "knows calls, and does not show their results",
      knowsCalls("messages | rejectattr('role', 'equalto', 'tool')"),
      called,
      ["tool results"],
    ],
    ["knows calls, and shows what came last", knowsCalls("messages[-1:]"), called, ["history"]],
    ["knows calls, and shows all", knowsCalls("messages"), called, []],
    ["knows no calls", loop("messages"), called, []],
  ])("%s", async (_, template, messages, expected) => {
    expect(await leftOut(template, messages)).toEqual(expected);
  });

  it("is told what the request's variables and tools make of it", async () => {
    const deep = `{% if deep %}${loop("messages")}{% else %}${loop("messages[-1:]")}{% endif %}`;
    expect(await leftOut(deep, [user, assistant, user], { variables: { deep: true } })).toEqual([]);
    expect(await leftOut(deep, [user, assistant, user])).toEqual(["history"]);
    // The description of the tools is a system message here, and so the first.
    const ends = loop("[messages[0], messages[-1]]");
    const tools: Tool[] = [{ type: "function", function: { name: "now" } }];
    expect(await leftOut(ends, [user, user], { tools })).toEqual(["history"]);
    expect(await leftOut(ends, [user, user])).toEqual([]);
  });

  it("is not tried with one question, nor where it is not understood", async () => {
    const refusing = async (): Promise<string> => {
      throw new UsageError("No");
    };
    expect(await leftOutOf([user], refusing)).toEqual([]);
    expect(await leftOutOf([user, assistant, user], refusing)).toEqual([]);
  });

  it.skipIf(!goldenPath("templates"))("of a published model leaves out nothing, but for one", async () => {
    const found: Record<string, readonly LeftOut[]> = {};
    for (const name of ["llama-2", "llama-3.1", "llama-3.2", "qwen-2.5", "qwen-3", "mistral-v0.3", "smollm2", "deepseek-r1-distill"]) {
      const { template } = readGolden(`templates/${name}.json`);
      const left = await leftOut(template, [system, user, assistant, user]);
      if (left.length > 0) found[name] = left;
    }
    expect(found).toEqual({ "mistral-v0.3": ["system"] });
  });
});
