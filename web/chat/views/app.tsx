// The page as a whole: the list of conversations at the left, the conversation, its settings at the right. Where it is narrow, left and right are drawers over it.
import type { Signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat.ts";
import type { Remembered } from "../remember.ts";
import type { Theme } from "../theme.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ChatContext } from "./context.ts";
import { ConversationList } from "./conversation-list.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { IconButton } from "./icon-button.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { Messages } from "./messages.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { Notice } from "./notice.tsx";
import { SettingsPanel } from "./settings-panel.tsx";
import { shortcutOf } from "./shortcuts.ts";
import { useNarrow } from "./use-narrow.ts";

interface AppProps {
  readonly chat: Chat;
  readonly theme: Signal<Theme>;
  readonly keyOfServer: Remembered;
}

type Drawer = "list" | "settings" | undefined;

export function App({ chat, theme, keyOfServer }: AppProps): VNode {
  const isNarrow = useNarrow();
  const [drawer, setDrawer] = useState<Drawer>(undefined);
  const [isHelping, setHelping] = useState(false);
  /** What gets the focus when the page has been drawn: until then it may be out of reach. */
  const focusNext = useRef<string | undefined>(undefined);

  const show = (next: Drawer, focus: string): void => {
    setDrawer(next);
    focusNext.current = focus;
  };
  /** The focus goes back to what opened it. */
  const close = (): void => show(undefined, `#open-${drawer}`);
  const toggle = (which: NonNullable<Drawer>): void => (drawer === which ? close() : show(which, `#${which} :is(button, textarea)`));
  const begin = (): void => {
    void chat.show(undefined);
    show(isNarrow ? undefined : drawer, "#message");
  };

  useLayoutEffect(() => {
    if (focusNext.current) document.querySelector<HTMLElement>(focusNext.current)?.focus();
    focusNext.current = undefined;
  });

  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const shortcut = shortcutOf(event);
      // An open dialog has keys of its own.
      if (!shortcut || document.querySelector("dialog[open]")) return;
      const isCovered = isNarrow && drawer !== undefined;
      if (shortcut === "stop" && chat.writing.peek() && !isCovered) chat.stop();
      else if (shortcut === "stop" && drawer) close();
      else if (shortcut === "new") begin();
      else if (shortcut === "settings") toggle("settings");
      else if (shortcut === "help") setHelping(true);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });

  return (
    <ChatContext.Provider value={chat}>
      <div class={`page ${drawer ? `with-${drawer}` : ""}`}>
        <aside id="list" inert={isNarrow && drawer !== "list"} aria-label="Conversations">
          <ConversationList theme={theme} onNew={begin} onShown={() => isNarrow && close()} onHelp={() => setHelping(true)} />
        </aside>
        <main inert={isNarrow && drawer !== undefined}>
          <header>
            {isNarrow && (
              <IconButton id="open-list" icon="menu" label="Conversations" expanded={drawer === "list"} onClick={() => toggle("list")} />
            )}
            <h1 class={isNarrow ? "unseen" : ""}>{chat.open.value?.head.title ?? "New conversation"}</h1>
            <ModelPicker />
            <IconButton
              id="open-settings"
              icon="settings"
              label="Settings"
              expanded={drawer === "settings"}
              onClick={() => toggle("settings")}
            />
            {isNarrow && <IconButton icon="plus" label="New conversation" onClick={begin} />}
          </header>
          <Notice />
          <Messages key={chat.open.value?.head.id} />
          <Composer />
        </main>
        <aside id="settings" inert={drawer !== "settings"} aria-label="Settings">
          {drawer === "settings" && <SettingsPanel key={chat.open.value?.head.id} onClose={close} />}
        </aside>
        {/* The drawer is closed by Escape and by a button too. */}
        {isNarrow && drawer && <div class="shade" aria-hidden="true" onClick={close} />}
      </div>
      <Announcer />
      <HelpDialog isOpen={isHelping} onClose={() => setHelping(false)} />
      <KeyDialog keyOfServer={keyOfServer} />
    </ChatContext.Provider>
  );
}
