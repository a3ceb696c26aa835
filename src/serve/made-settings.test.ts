// What a model was made with, and what a request says.
import { describe, expect, it } from "vitest";
import { resolveSampling } from "../generate/sampling-options.ts";
import { readCompletionRequest } from "../wires/native/completion-request.ts";
import { generateOptions } from "../wires/ollama/options.ts";
import { readChatRequest } from "../wires/openai/chat-request.ts";
import { checkParameters, withDefaults, withSystem } from "./made-settings.ts";

describe("options", () => {
  it.each([
    [{ mirostat: 2 }, { topP: 0.9 }, { topP: 0.9 }],
    [{ mirostat: 2 }, { minP: 0.1, temperature: 0 }, { minP: 0.1, temperature: 0 }],
    [{ top_k: 10, typical_p: 0.5, seed: 4 }, { mirostat: { tau: 3, eta: 0.2 } }, { mirostat: { tau: 3, eta: 0.2 }, seed: 4 }],
    [{ mirostat: 2 }, { temperature: 1 }, { mirostat: { tau: 5, eta: 0.1 }, temperature: 1 }],
    [{ top_k: 10 }, { topP: 0.9 }, { topK: 10, topP: 0.9 }],
  ])("%j and a request's %j are %j", (parameters, options, merged) => {
    const found = withDefaults(options, { parameters });
    expect(found).toEqual(merged);
    resolveSampling(found);
  });

  const nothing = { mirostat: 0 as const, stop: [], seed: -1 };
  it.each([
    ["Ollama's", generateOptions({ ...nothing, num_predict: -1 })],
    ["Ollama's, where 0 is no limit,", generateOptions({ ...nothing, num_predict: 0 })],
    ["llama.cpp's", readCompletionRequest({ ...nothing, prompt: "Hi", n_predict: -1 }).request.options],
  ])("that ask for nothing in %s words go before those that a model was made with", (_, options) => {
    const parameters = { mirostat: 2, num_predict: 7, stop: ["zebra"], seed: 4, top_k: 3 };
    expect(withDefaults(options, { parameters })).toEqual({});
    const { request } = readCompletionRequest({ prompt: "Hi" });
    for (const silent of [{}, request.options]) {
      expect(withDefaults(silent, { parameters })).toEqual({ mirostat: { tau: 5, eta: 0.1 }, maxTokens: 7, stop: ["zebra"], seed: 4 });
    }
  });

  it("a seed of -1 goes before one that a model was made with in OpenAI's wire, too", () => {
    const { options } = readChatRequest({ messages: [{ role: "user", content: "Hi" }], seed: -1 }).request;
    expect(withDefaults(options, { parameters: { seed: 4 } })).toEqual({});
  });

  it.each([
    [{ mirostat: 2, mirostat_eta: 5 }, "parameters.mirostat_eta", /^parameters\.mirostat_eta is 5/],
    [{ stop: ["a", ""] }, "parameters.stop", /^parameters\.stop has an empty text \(2 of 2\)/],
    [{ temperature: "hot" }, "parameters.temperature", /^parameters\.temperature is "hot"/],
  ])("%j are refused before a model has them", (parameters, parameter, message) => {
    expect(() => checkParameters(parameters)).toThrow(expect.objectContaining({ parameter, message: expect.stringMatching(message) }));
  });
});

it("a system message stands where the request has none, in conversations only", () => {
  const user = { role: "user", content: "Hi" };
  const system = { role: "system", content: "Be brief." };
  expect(withSystem({ messages: [user] }, { system: "Be brief." })).toEqual({ messages: [system, user] });
  for (const prompt of [{ messages: [{ role: "system", content: "Go on." }, user] }, { text: "Hi" }, { ids: [1] }]) {
    expect(withSystem(prompt, { system: "Be brief." })).toBe(prompt);
  }
});
