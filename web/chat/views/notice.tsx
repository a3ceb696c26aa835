import type { VNode } from "preact";
import { useChat } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

/** What the reader should know about the page as a whole. */
export function Notice(): VNode {
  const chat = useChat();
  const problem = chat.modelsProblem.value;
  return (
    <>
      {problem && (
        <p class="problem bar" role="alert">
          <span>{problem.text}</span>
          <button type="button" class="plain" onClick={() => void chat.loadModels()}>
            Try again
          </button>
        </p>
      )}
      {chat.notice.value !== undefined && (
        <p class="problem bar" role="alert">
          <span>{chat.notice.value}</span>
          <IconButton icon="close" label="Close this notice" onClick={() => (chat.notice.value = undefined)} />
        </p>
      )}
    </>
  );
}
