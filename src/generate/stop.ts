// Stop strings in a text that arrives in pieces: text that may be the start of a stop string is held back until that is decided.
// One automaton a stop string (Knuth, Morris and Pratt 1977), so the work is linear in the text and nothing depends on where it is cut.
import { wrongOption } from "./option-error.ts";

/** Watches a text for stop strings. */
export interface StopScanner {
  /**
   * Takes the next piece; gives the text that may be shown by now, and the stop string once one is complete (then the text ends just
   * before it). The stop that is complete first counts, of several the longest. After a stop, pieces are ignored.
   */
  push(piece: string): { text: string; stop: string | undefined };
  /** The text ended without a stop: what was held back. What comes then is another text. */
  end(): string;
}

/** @throws UsageError for an empty stop string */
export function createStopScanner(stops: readonly string[]): StopScanner {
  if (stops.includes("")) {
    const which = `${stops.indexOf("") + 1} of ${stops.length}`;
    throw wrongOption("stop", `has an empty text (${which}): it would stop everything`);
  }
  // Longest first: of stops complete at the same letter, the first found is the one that begins earliest.
  const watched = [...stops].sort((a, b) => b.length - a.length).map((stop) => ({ stop, borders: borders(stop) }));
  const matched = watched.map(() => 0); // letters of each stop that the text so far ends with
  let held = "";
  let stopped: string | undefined;

  return {
    push(piece) {
      if (stopped !== undefined) return { text: "", stop: stopped };
      const text = held + piece;
      for (let at = held.length; at < text.length; at++) {
        for (const [i, { stop, borders }] of watched.entries()) {
          while (matched[i] > 0 && stop[matched[i]] !== text[at]) matched[i] = borders[matched[i] - 1];
          if (stop[matched[i]] === text[at]) matched[i]++;
          if (matched[i] < stop.length) continue;
          stopped = stop;
          held = "";
          return { text: text.slice(0, at + 1 - stop.length), stop };
        }
      }
      const shown = text.length - matched.reduce((most, letters) => Math.max(most, letters), 0);
      held = text.slice(shown);
      return { text: text.slice(0, shown), stop: undefined };
    },
    end() {
      const text = held;
      held = "";
      matched.fill(0);
      return text;
    },
  };
}

/** For every prefix of `word`, the length of its longest proper prefix that is also its suffix. */
function borders(word: string): number[] {
  const lengths = [0];
  for (let i = 1, k = 0; i < word.length; i++) {
    while (k > 0 && word[k] !== word[i]) k = lengths[k - 1];
    if (word[k] === word[i]) k++;
    lengths.push(k);
  }
  return lengths;
}
