// Pages of the list of models, as Anthropic's clients turn them.
import { describe, expect, it } from "vitest";
import { anthropicModelPage } from "./models.ts";

const names = ["a", "b", "c", "d", "e"];
interface Page {
  data: { id: string }[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}
const page = (query: Record<string, string>): [string, boolean, string | null, string | null] => {
  const { data, has_more, first_id, last_id } = anthropicModelPage(names, query) as Page;
  return [data.map(({ id }) => id).join(""), has_more, first_id, last_id];
};

describe("a page of models", () => {
  it.each<[Record<string, string>, ReturnType<typeof page>]>([
    [{}, ["abcde", false, "a", "e"]],
    [{ limit: "2" }, ["ab", true, "a", "b"]],
    [{ limit: "2", after_id: "b" }, ["cd", true, "c", "d"]],
    [{ limit: "2", after_id: "c" }, ["de", false, "d", "e"]],
    [{ after_id: "e" }, ["", false, null, null]],
    [{ limit: "2", before_id: "d" }, ["bc", true, "b", "c"]],
    [{ limit: "9", before_id: "d" }, ["abc", false, "a", "c"]],
  ])("%j", (query, expected) => {
    expect(page(query)).toEqual(expected);
  });

  it.each([
    [{ limit: "0" }, "limit", /limit is 0: expected a number from 1/],
    [{ limit: "1001" }, "limit", /whole number from 1 to 1000/],
    [{ limit: "x" }, "limit", /limit is "x": expected a whole number from 1 to 1000/],
    [{ after_id: "z" }, "after_id", /after_id names a model that there is not/],
    [{ before_id: "z" }, "before_id", /before_id names a model/],
    [{ after_id: "a", before_id: "c" }, "before_id", /with after_id/],
  ] as [Record<string, string>, string, RegExp][])("%j is refused", (query, parameter, message) => {
    let thrown: unknown;
    try {
      page(query);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ parameter, message: expect.stringMatching(message) });
  });
});
