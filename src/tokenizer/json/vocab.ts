// A vocabulary as JSON: an object of piece to id, in vocab.json and in tokenizer.json.

import { FormatError } from "../../errors.ts";
import { entriesOf, type Field, indexOf, isIndex, shownValue } from "./fields.ts";

/** The largest published vocabularies have some 260,000 entries; an id alone may ask for an array of this length. */
export const MAX_ID: number = 2 ** 21 - 1;

/**
 * The piece of each id, undefined where there is none.
 *
 * @throws FormatError for an id that is no whole number up to MAX_ID, or that two pieces have
 */
export function readVocab(field: Field): (string | undefined)[] {
  const entries = entriesOf(field);
  if (entries.length === 0) throw new FormatError(`${field.where} is empty, expected pieces with their ids`);
  const vocab: (string | undefined)[] = [];
  for (const [piece, value] of entries) {
    const id = isIndex(value, MAX_ID) ? value : indexOf({ value, where: `${field.where}[${shownValue(piece)}]` }, MAX_ID);
    if (vocab[id] !== undefined) {
      throw new FormatError(`${field.where} gives the id ${id} to ${shownValue(vocab[id])} and to ${shownValue(piece)}`);
    }
    while (vocab.length < id) vocab.push(undefined);
    vocab[id] = piece;
  }
  return vocab;
}
