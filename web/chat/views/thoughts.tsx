import type { VNode } from "preact";
import { Markdown } from "../markdown.tsx";

/** What a model thinks before it answers: folded, unless the reader unfolds it. */
export function Thoughts({ text, isGrowing }: { readonly text: string; readonly isGrowing: boolean }): VNode {
  return (
    <details class="thoughts">
      <summary>{isGrowing ? "Thinking ..." : "Thoughts"}</summary>
      <Markdown text={text} growing={isGrowing} />
    </details>
  );
}
