// What those hear who do not see the page: that an answer begins, and the whole of it when it is there, never one token after the other.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../conversation.ts";
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
      const answer = open && open.head.id === id && messageOf(open, message.id);
      // Problems are alerts of their own.
      if (answer && answer.role === "assistant" && answer.state !== "failed")
        setSaid(`${answer.state === "stopped" ? "Stopped" : "Answer"}: ${answer.text}`);
      else setSaid("");
    };
  }, [message !== undefined, message?.id, id]);
  return (
    <p class="unseen" role="status" id="announcer">
      {said}
    </p>
  );
}
