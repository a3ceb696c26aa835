import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { describe as describeSchema, type Flags, flagName, parseFlags, whole } from "./flags.ts";
import { commandHelp } from "./help.ts";

const flags = {
  model: { schema: v.optional(v.string()), value: "MODEL", short: "m", help: "Which model" },
  maxTokens: { schema: v.optional(whole(1), 512), value: "N", help: "Most tokens" },
  ratio: { schema: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))), value: "X", help: "A part" },
  stop: { schema: v.optional(v.array(v.string()), []), value: "TEXT", help: "End here" },
  place: { schema: v.optional(v.picklist(["here", "there"]), "here"), value: "PLACE", help: "Where" },
  json: { schema: v.optional(v.boolean(), false), help: "As JSON" },
} as const satisfies Flags;

describe("flags", () => {
  it("have the types and the defaults of their schemas", () => {
    const { values, rest } = parseFlags([], flags);
    expect(values).toEqual({ model: undefined, maxTokens: 512, ratio: undefined, stop: [], place: "here", json: false });
    expect(rest).toEqual([]);
  });

  it("are read long, short, with =, and among other arguments", () => {
    const { values, rest } = parseFlags(["-m", "a", "text", "--max-tokens=3", "--ratio", ".5", "--json", "-", "--", "--json"], flags);
    expect(values).toMatchObject({ model: "a", maxTokens: 3, ratio: 0.5, json: true });
    expect(rest).toEqual(["text", "-", "--json"]);
  });

  it("may be given several times when they are lists; else the last one counts", () => {
    expect(parseFlags(["--stop", "a", "--stop", "b", "-m", "x", "-m", "y"], flags).values).toMatchObject({ stop: ["a", "b"], model: "y" });
  });

  it.each([
    [["--max-tokens", "0"], "--max-tokens is 0: expected a whole number from 1 on"],
    [["--max-tokens", "1.5"], "--max-tokens is 1.5: expected a whole number from 1 on"],
    [["--max-tokens", "0x10"], '--max-tokens is "0x10": expected a whole number from 1 on'],
    [["--max-tokens", ""], '--max-tokens is "": expected a whole number from 1 on'],
    [["--ratio", "-1"], "--ratio is -1: expected a number above 0 to 1"],
    [["--ratio", "Infinity"], '--ratio is "Infinity": expected a number above 0 to 1'],
    [["--place", "nowhere"], '--place is "nowhere": expected here or there'],
    [["--model"], "--model needs a value"],
    [["--model", "--json"], "--model needs a value"],
    [["--json=1"], '--json takes no value, "1" was given'],
    [["--max-token", "1"], "there is no flag --max-token: did you mean --max-tokens?"],
    [["--tokens", "1"], "there is no flag --tokens: did you mean --max-tokens?"],
    [["-x"], "there is no flag -x"],
    [["--__proto__"], "there is no flag --__proto__"],
  ])("%j is refused in words", (args, message) => {
    expect(() => parseFlags(args, flags)).toThrow(UsageError);
    expect(() => parseFlags(args, flags)).toThrow(message);
  });

  it("are shown in the help with range and default", () => {
    const help = commandHelp("run", "do it", { about: "About.", flags, examples: [["run", "once"]], run: async () => {} });
    expect(help).toMatch(/^ {2}-m, --model MODEL +Which model$/m);
    expect(help).toMatch(/^ {6}--max-tokens N +Most tokens \(a whole number from 1 on, default 512\)$/m);
    expect(help).toMatch(/^ {6}--place PLACE +Where \(here or there, default here\)$/m);
    expect(help).toMatch(/^ {6}--json +As JSON$/m);
  });

  it("have names in kebab-case", () => {
    expect(flagName("repeatPenalty")).toBe("--repeat-penalty");
  });

  it("describe numbers by their bounds", () => {
    expect(describeSchema(v.number()).expected).toBe("a number");
    expect(describeSchema(v.pipe(v.number(), v.minValue(0), v.maxValue(1))).expected).toBe("a number from 0 to 1");
  });
});
