// The edges of the chat layer: which variables a template sees, which errors reach the caller, what is done without a template.
import { describe, expect, it } from "vitest";
import { FormatError, UsageError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type ChatMessage, encodeChat, renderChatTemplate, TemplateRefusal } from "./index.ts";

const messages: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi {{ bos_token }} <|im_end|> ünï" },
];

describe("renderChatTemplate", () => {
  it("gives a template the variables that transformers gives it", async () => {
    const template =
      "{{ bos_token }}|{{ eos_token }}|{{ tools }}|{{ documents }}|{{ add_generation_prompt }}|{{ messages | length }}|{{ thinking }}";
    expect(await renderChatTemplate(template, { messages, bosToken: "<s>", variables: { thinking: false } })).toBe(
      "<s>||None|None|False|2|False",
    );
    expect(
      await renderChatTemplate(template, { messages, tools: [], addGenerationPrompt: true, variables: { documents: [1], bos_token: "B" } }),
    ).toBe("B||[]|[1]|True|2|");
  });

  it("leaves the contents of messages as they are", async () => {
    expect(await renderChatTemplate("{{ messages[1].content }}", { messages })).toBe(messages[1]!.content);
  });

  it("takes undefined fields for absent ones", async () => {
    const template = "{{ 'tool_calls' in messages[0] }} {{ messages[0].name is defined }} {{ messages[0].content is none }}";
    expect(await renderChatTemplate(template, { messages: [{ role: "user", content: null, tool_calls: undefined }] })).toBe(
      "False False True",
    );
  });

  it("keeps whole numbers apart from floats", async () => {
    expect(
      await renderChatTemplate("{{ n }} {{ f }} {{ big }} {{ n | tojson }}", { messages, variables: { n: 3, f: 2.5, big: 1e300 } }),
    ).toBe("3 2.5 1e+300 3");
  });

  it("hands on the words of raise_exception, and only those", async () => {
    const refusal = renderChatTemplate("{{ raise_exception('Roles must alternate: ' ~ messages[1].role) }}", { messages });
    await expect(refusal).rejects.toThrow(TemplateRefusal);
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(/^Roles must alternate: user$/);
  });

  it("tells a malformed template from messages that it cannot use", async () => {
    await expect(renderChatTemplate("a\n{% if %}", { messages })).rejects.toThrow(FormatError);
    await expect(renderChatTemplate("a\n{% if %}", { messages })).rejects.toThrow("chat template, line 2");
    const nullContent = renderChatTemplate("a\n{{ 'x' + messages[0].content }}", { messages: [{ role: "user", content: null }] });
    await expect(nullContent).rejects.toThrow(UsageError);
    await expect(nullContent).rejects.toThrow('chat template, line 2: can only concatenate str (not "NoneType") to str');
  });

  it("refuses to let variables replace the conversation, and a signal that is aborted", async () => {
    await expect(renderChatTemplate("", { messages, variables: { messages: [] } })).rejects.toThrow("variables.messages");
    await expect(renderChatTemplate("", { messages, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it("tells the time of the caller's clock", async () => {
    expect(await renderChatTemplate("{{ strftime_now('%d %b %Y, %H:%M') }}", { messages, now: new Date(2024, 6, 26, 13, 5) })).toBe(
      "26 Jul 2024, 13:05",
    );
  });
});

/** Reads characters, and each special token as one id. */
function characterTokenizer(special: Record<string, number>): Tokenizer {
  const marks = Object.keys(special);
  return {
    vocabSize: 0x110000,
    bosId: special["<s>"],
    eosId: special["</s>"],
    endIds: new Set(),
    specialTokens: new Map(Object.entries(special)),
    encode(text, { parseSpecial = false, addSpecial = false } = {}) {
      const pattern = new RegExp([...(parseSpecial ? marks.map((mark) => mark.replace(/[|]/g, "\\|")) : []), "."].join("|"), "gsu");
      return [
        ...(addSpecial ? [special["<s>"]!] : []),
        ...Array.from(text.matchAll(pattern), ([part]) => special[part] ?? part.codePointAt(0)!),
      ];
    },
    decode: (ids) => String.fromCodePoint(...ids),
    stream: () => ({ push: String, end: () => "" }),
    piece: () => undefined,
    bytes: () => undefined,
  };
}

describe("encodeChat", () => {
  const [start, end, bos] = [0xe000, 0xe001, 0xe002];
  const ids = (text: string): number[] => Array.from(text, (c) => c.codePointAt(0)!);

  it("reads the marks that the template writes as special tokens and adds none", async () => {
    const tokenizer = characterTokenizer({ "<s>": bos, "<|im_start|>": start });
    const template = "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}{% endfor %}{% if add_generation_prompt %}!{% endif %}";
    expect(await encodeChat(tokenizer, template, messages)).toEqual([bos, start, ...ids("system"), start, ...ids("user!")]);
  });

  it("speaks ChatML to a model without a template that has its tokens", async () => {
    const tokenizer = characterTokenizer({ "<|im_start|>": start, "<|im_end|>": end });
    const prompt = [start, ...ids("user\nHi"), end, ...ids("\n"), start, ...ids("assistant\n")];
    expect(await encodeChat(tokenizer, undefined, [{ role: "user", content: "Hi" }])).toEqual(prompt);
  });

  it("refuses a model without a template or a tokenizer in words", async () => {
    await expect(encodeChat(characterTokenizer({ "<s>": bos }), undefined, messages)).rejects.toThrow(/no chat template.*use generate\(\)/);
    await expect(encodeChat(undefined, undefined, messages)).rejects.toThrow("without a tokenizer");
  });
});
