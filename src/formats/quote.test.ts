import { expect, it } from "vitest";
import { quote } from "./quote.ts";

it.each([
  ["blk.0.attn_q.weight", '"blk.0.attn_q.weight"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["\u00fc \u{1f999}", '"\u00fc \u{1f999}"'],
  ["\u001b[2J\n\0", '"\\u001b[2J\\n\\u0000"'],
  ["\u009b2J\u007f\u202eabc\u2028", '"\\u009b2J\\u007f\\u202eabc\\u2028"'],
  ["x".repeat(100), `"${"x".repeat(80)}..."`],
])("%j is shown as %s", (name, shown) => {
  expect(quote(name)).toBe(shown);
});
