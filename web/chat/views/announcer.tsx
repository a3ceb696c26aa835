// What those hear who do not see the page: that an answer begins, and the whole of it when it is there, never one token after the other.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Answer, messageOf } from "../conversation.ts";
import { useChat } from "./context.ts";

export function Announcer(): VNode {
  const chat = useChat();
  const [said, setSaid] = useState("");
  const message = chat.writing.value?.peek();
  const id = chat.open.value?.head.id;
  useEffect(() => {
    if (!message) return;
    setSaid("The answer is being written.");
    return () => {
      const open = chat.open.peek();
      // Removed meanwhile, or not what is shown.
      if (!open || open.head.id !== id) return setSaid("");
      const answer = messageOf(open, message.id) as Answer;
      // Problems are alerts of their own.
      if (answer.state === "failed") setSaid("");
      else setSaid(`${answer.state === "stopped" ? "Stopped" : "Answer"}: ${answer.text}`);
    };
  }, [message !== undefined, message?.id, id]);
  return (
    <p class="unseen" role="status" id="announcer">
      {said}
    </p>
  );
}
