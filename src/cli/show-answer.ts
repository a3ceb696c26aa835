// Shows an answer while it is generated, and then how fast that was.
import type { GenerationEnd, Piece } from "../generate/generate.ts";
import { aside, say } from "./terminal/output.ts";
import { showDuration } from "./terminal/units.ts";

/**
 * Writes the pieces to stdout, with a line break at the end.
 *
 * @param onText gets each text that was shown, also of an answer that is interrupted later
 */
export async function showAnswer<E extends GenerationEnd>(
  pieces: AsyncGenerator<Piece, E>,
  quiet: boolean,
  onText: (text: string) => void = () => {},
): Promise<E> {
  const start = Date.now();
  let first: number | undefined;
  let last = "";
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) {
        endLine(last);
        last = "\n";
        if (!quiet) aside(speed(value, (first ?? Date.now()) - start, Date.now() - (first ?? start)));
        return value;
      }
      first ??= Date.now();
      if (value.text === "") continue;
      say(value.text);
      onText(value.text);
      last = value.text;
    }
  } catch (error) {
    if (last !== "") endLine(last);
    throw error;
  }
}

function endLine(last: string): void {
  if (!last.endsWith("\n")) say("\n");
}

/** @param before milliseconds up to the first token; @param after from there on */
function speed({ promptTokens, generatedTokens, reason }: GenerationEnd, before: number, after: number): string {
  const perSecond = generatedTokens > 1 && after > 0 ? `, ${(((generatedTokens - 1) * 1000) / after).toFixed(1)} tokens/s` : "";
  const why = { end: "", stop: "", length: ", stopped by --max-tokens", context: ", stopped because the context is full" }[reason];
  return `[${promptTokens} + ${generatedTokens} tokens, first after ${seconds(before)}${perSecond}${why}]`;
}

function seconds(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : showDuration(milliseconds);
}
