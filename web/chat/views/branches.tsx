import type { VNode } from "preact";
import { useChat } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

/** The messages that stand in one place of a conversation, and which of them is shown. */
export interface Branch {
  readonly ids: readonly string[];
  readonly at: number;
}

/** < 2 / 3 >; nothing where there is one branch only. */
export function Branches({ branch: { ids, at }, what }: { readonly branch: Branch; readonly what: string }): VNode | null {
  const chat = useChat();
  if (ids.length < 2) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <span class="branches" role="group" aria-label={`Versions of this ${what}`}>
      <IconButton icon="before" label="Version before" disabled={at === 0} onClick={() => chat.turnTo(ids[at - 1])} />
      <span>
        {at + 1} / {ids.length}
      </span>
      <IconButton icon="after" label="Next version" disabled={at === ids.length - 1} onClick={() => chat.turnTo(ids[at + 1])} />
    </span>
  );
}
