// What a model was made with, and what a request says.
import { describe, expect, it } from "vitest";
import { resolveSampling } from "../generate/sampling-options.ts";
import { generateOptions } from "../wires/ollama/options.ts";
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

  it("that ask for nothing in Ollama's words go before those that a model was made with", () => {
    const parameters = { mirostat: 2, num_predict: 7, stop: ["zebra"], seed: 4, top_k: 3 };
    const nothing = generateOptions({ mirostat: 0, num_predict: -1, stop: [], seed: -1 });
    expect(withDefaults(nothing, { parameters })).toEqual({});
    expect(withDefaults({}, { parameters })).toEqual({ mirostat: { tau: 5, eta: 0.1 }, maxTokens: 7, stop: ["zebra"], seed: 4 });
  });

  it.each([
    [{ mirostat: 2, mirostat_eta: 5 }, /mirostat.eta is 5/],
    [{ stop: ["a", ""] }, /stop string 2 of 2 is empty/],
    [{ temperature: "hot" }, /parameters.temperature is "hot"/],
  ])("%j are refused before a model has them", (parameters, message) => {
    expect(() => checkParameters(parameters)).toThrow(message);
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
