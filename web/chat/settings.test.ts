import { describe, expect, it } from "vitest";
import { numberSettings, readNumber, readSettings, readStops, showStops } from "./settings.ts";

describe("settings", () => {
  it("that were kept come back; others are the first ones", () => {
    const kept = { system: "s", temperature: 0.3, stop: ["\n"], logprobs: true };
    expect(readSettings(JSON.stringify(kept))).toEqual(kept);
    const first = { system: "", stop: [], logprobs: false };
    for (const text of ["", "{}", "null", '{"system":1}']) expect(readSettings(text)).toEqual(first);
  });

  it.each([
    ["temperature", "", undefined],
    ["temperature", " 0.7 ", 0.7],
    ["temperature", "2.1", "wrong"],
    ["temperature", "hot", "wrong"],
    ["topK", "1.5", "wrong"],
    ["topK", "0", "wrong"],
    ["maxTokens", "1e3", 1000],
    ["seed", "-1", "wrong"],
  ] as const)("%s from %j is %s", (name, text, value) => {
    expect(readNumber(text, numberSettings[name])).toBe(value);
  });

  it("stop texts are lines, and may hold line ends", () => {
    expect(readStops("END\n\n\\n\\n\n a\\\\n")).toEqual(["END", "\n\n", " a\\n"]);
    for (const stops of [["\n", "\t\\n"], [" x "], []]) expect(readStops(showStops(stops))).toEqual(stops);
  });
});
