import { describe, expect, it } from "vitest";
import { compareSettings } from "./settings-table.ts";

describe("settings of runs", () => {
  it("differ where one has another value, or none", () => {
    expect(
      compareSettings([
        { dim: 64, seed: 1, bias: false },
        { dim: 64, seed: 2 },
      ]),
    ).toEqual([
      { name: "dim", values: [64, 64], differs: false },
      { name: "seed", values: [1, 2], differs: true },
      { name: "bias", values: [false, undefined], differs: true },
    ]);
  });

  it("have nothing that every object has", () => {
    expect(compareSettings([{ toString: 1 }, {}])).toEqual([{ name: "toString", values: [1, undefined], differs: true }]);
  });
});
