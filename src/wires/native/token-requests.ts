// llama.cpp's requests about tokens: what a text becomes, and back.
import * as v from "valibot";
import { tokenIds } from "../lists.ts";

const model = v.optional(v.string());

export const tokenizeSchema = v.object({
  model,
  content: v.string(),
  add_special: v.optional(v.boolean(), false),
  parse_special: v.optional(v.boolean(), true),
  with_pieces: v.optional(v.boolean(), false),
});

export const detokenizeSchema = v.object({ model, tokens: tokenIds() });
