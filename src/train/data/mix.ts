// How often each source is seen, which documents are kept apart for validation, and in which order all others are written.
import { UsageError } from "../../errors.ts";
import type { Rng } from "../../tensor/rng.ts";

/** Given by whoever mixes: times that each source is seen, or shares of the mixture. */
export type Mixture = { readonly kind: "epochs" | "weights"; readonly values: readonly number[] } | undefined;

/** @throws UsageError for values that do not fit the sources */
export function checkMixture(mixture: Mixture, sources: number): void {
  if (mixture === undefined) return;
  const { kind, values } = mixture;
  if (values.length !== sources) {
    throw new UsageError(`--${kind} has ${values.length} values for ${sources} SOURCES: give one for each, in their order`);
  }
  const wrong = values.find((value) => !(value >= 0 && Number.isFinite(value)));
  if (wrong !== undefined) throw new UsageError(`--${kind} has the value ${wrong}: expected a number from 0 on`);
  if (values.every((value) => value === 0)) throw new UsageError(`--${kind} are all 0: nothing would be left`);
}

/**
 * Epochs of each source. Weights are shares of the mixture, as in table 1 of LLaMA (Touvron et al. 2023), whose size is that of all sources together:
 * a source that has less than its share is seen more than once, others in part.
 *
 * @param bytes of each source
 * @throws UsageError for a source that has a weight but no text
 */
export function epochsOf(bytes: readonly number[], mixture: Mixture, names: readonly string[]): number[] {
  if (mixture === undefined) return bytes.map(() => 1);
  const { kind, values } = mixture;
  const empty = values.findIndex((value, i) => value > 0 && bytes[i] === 0);
  if (empty >= 0) throw new UsageError(`${names[empty]}: nothing of it is left to train on, but it has one of --${kind}: leave it out`);
  if (kind === "epochs") return [...values];
  const all = bytes.reduce((a, b) => a + b, 0);
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((weight, i) => (bytes[i] === 0 ? 0 : ((weight / sum) * all) / bytes[i]));
}

/** Whether a document is kept apart, by the first bits of its SHA-256: always, whatever stands beside it. */
export function isForValidation(hash: number, share: number): boolean {
  return hash < share * 2 ** 32;
}

export interface MixDocuments {
  /** Numbers of the documents. */
  readonly numbers: Uint32Array;
  /** Of each, its place among the sources. */
  readonly sources: Uint32Array;
  readonly bytes: Uint32Array;
}

/**
 * The numbers of documents in the order in which they are seen: each source as many times as it has epochs, the last time in part if that is no whole
 * number, all shuffled together.
 */
export function mixOrder({ numbers, sources, bytes }: MixDocuments, epochs: readonly number[], rng: Rng): Uint32Array {
  const chosen: (readonly number[])[] = [];
  for (const [source, times] of epochs.entries()) {
    const own: number[] = [];
    for (let i = 0; i < numbers.length; i++) if (sources[i] === source) own.push(i);
    for (let whole = Math.floor(times); whole > 0; whole--) chosen.push(own);
    chosen.push(partOf(shuffle(own.slice(), rng), bytes, times - Math.floor(times)));
  }
  const order = new Uint32Array(chosen.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const places of chosen) for (const place of places) order[at++] = numbers[place];
  return shuffle(order, rng);
}

/** Documents from the beginning on until they have their share of the bytes. */
function partOf(places: readonly number[], bytes: Uint32Array, share: number): readonly number[] {
  const wanted = share * places.reduce((sum, place) => sum + bytes[place], 0);
  let taken = 0;
  let count = 0;
  while (count < places.length && taken < wanted) taken += bytes[places[count++]];
  return places.slice(0, count);
}

/** In place (Fisher and Yates 1938, Durstenfeld 1964). */
export function shuffle<A extends number[] | Uint32Array>(array: A, rng: Rng): A {
  for (let i = array.length - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [array[i], array[j]] = [array[j], array[i]];
  }
  return array;
}
