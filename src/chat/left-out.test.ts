// What a template leaves out without a word.
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { storyTokenizer } from "../../test/scripted-model.ts";
import { type LeftOut, leftOutOf } from "./left-out.ts";
import type { ChatMessage } from "./messages.ts";
import { openConversation } from "./open-conversation.ts";

const [system, user, assistant] = ["system", "user", "assistant"].map((role): ChatMessage => ({ role, content: "Be brief." }));
const loop = (messages: string): string => `{% for m in ${messages} %}[{{ m.role }}] {{ m.content }}\n{% endfor %}`;
const leftOut = async (template: string, messages: readonly ChatMessage[]): Promise<readonly LeftOut[]> => {
  const tokenizer = await storyTokenizer();
  return (await openConversation({ tokenizer, chatTemplate: template }, { messages })).leftOut;
};

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
  ])("%s", async (_, template, messages, expected) => {
    expect(await leftOut(template, messages)).toEqual(expected);
  });

  it("is tried once", async () => {
    const owner = {};
    let written = 0;
    const write = async (): Promise<string> => `seashell ${++written}`;
    for (let i = 0; i < 3; i++) expect(await leftOutOf([user, assistant, user], owner, "t", write)).toEqual(["history"]);
    expect(written).toBe(3);
    await leftOutOf([user, assistant, user], owner, "another", write);
    expect(written).toBe(6);
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
