// Where the reader writes.
import type { VNode } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { branchTo } from "../conversation.ts";
import { useChat } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

/** Where the reader writes next. */
export function focusComposer(): void {
  document.getElementById("message")?.focus();
}

export function Composer(): VNode {
  const chat = useChat();
  const [text, setText] = useState("");
  const isWriting = chat.writing.value !== undefined;
  const isReady = text.trim() !== "" && chat.model.value !== undefined;

  useLayoutEffect(focusComposer, []);

  const send = (): void => {
    if (!isReady || isWriting) return;
    chat.send(text);
    setText("");
  };
  const press = (event: KeyboardEvent): void => {
    // Enter may also end a word of an input method.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && !isWriting) {
      const open = chat.open.peek();
      const last = open && branchTo(open).findLast(({ role }) => role === "user");
      if (last) document.getElementById(`edit-${last.id}`)?.click();
      event.preventDefault();
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        id="message"
        rows={1}
        value={text}
        aria-label="Message"
        placeholder="Write a message"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={press}
      />
      {isWriting ? (
        <IconButton class="send stop" icon="stop" label="Stop" onClick={chat.stop} />
      ) : (
        <IconButton class="send" icon="send" label="Send" disabled={!isReady} onClick={send} />
      )}
    </form>
  );
}
