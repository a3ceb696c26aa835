import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Remembered } from "../remember.ts";
import { useChat } from "./context.ts";
import { Dialog } from "./dialog.tsx";

/** Asks for the key of a server that wants one. */
export function KeyDialog({ keyOfServer }: { readonly keyOfServer: Remembered }): VNode {
  const chat = useChat();
  const [typed, setTyped] = useState("");
  const [wasRefused, setRefused] = useState(false);
  const use = async (): Promise<void> => {
    keyOfServer.set(typed.trim());
    await chat.loadModels();
    setTyped("");
    setRefused(chat.keyWanted.peek());
  };
  return (
    <Dialog title="This server wants a key" isOpen={chat.keyWanted.value} onClose={() => (chat.keyWanted.value = false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void use();
        }}
      >
        <label class="field">
          Key
          <input
            type="password"
            autocomplete="off"
            value={typed}
            aria-describedby="key-hint"
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <p id="key-hint" role={wasRefused ? "alert" : undefined} class={wasRefused ? "wrong" : undefined}>
          {wasRefused ? "The server did not accept this key." : "It is kept for this tab, and sent to this server only."}
        </p>
        <div class="choices">
          <button type="submit" class="main" disabled={typed.trim() === ""}>
            Use this key
          </button>
        </div>
      </form>
    </Dialog>
  );
}
