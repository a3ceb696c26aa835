import type { VNode } from "preact";
import { useChat } from "./context.ts";

/** A conversation that has not begun. */
export function Welcome(): VNode {
  const chat = useChat();
  return (
    <div class="welcome">
      <h2>What is on your mind?</h2>
      <p>
        {chat.model.value !== undefined && (
          <>
            <b>{chat.model.value}</b> answers.{" "}
          </>
        )}
        Conversations are kept in this browser.
      </p>
    </div>
  );
}
