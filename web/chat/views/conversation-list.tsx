// The conversations of this browser, and what can be done with each.
import type { Signal } from "@preact/signals";
import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Head } from "../conversation.ts";
import { saveFile } from "../save-file.ts";
import { type Theme, themes } from "../theme.ts";
import { useChat } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

interface ListProps {
  readonly theme: Signal<Theme>;
  readonly onNew: () => void;
  /** A conversation was chosen. */
  readonly onShown: () => void;
  readonly onHelp: () => void;
}

export function ConversationList({ theme, onNew, onShown, onHelp }: ListProps): VNode {
  const chat = useChat();
  const heads = chat.heads.value;
  return (
    <>
      <p class="brand">cria</p>
      <IconButton class="begin" icon="plus" label="New conversation" onClick={onNew}>
        New conversation
      </IconButton>
      <nav aria-label="Conversations of this browser">
        {heads.length === 0 && <p class="none">No conversations yet.</p>}
        <ul>
          {heads.map((head) => (
            <Row key={head.id} head={head} onShown={onShown} />
          ))}
        </ul>
      </nav>
      <Files />
      <div class="foot">
        <select aria-label="Colours" value={theme.value} onChange={({ currentTarget }) => (theme.value = currentTarget.value as Theme)}>
          {themes.map((each) => (
            <option key={each} value={each}>
              {themeNames[each]}
            </option>
          ))}
        </select>
        <IconButton icon="help" label="Keys and help" onClick={onHelp} />
      </div>
    </>
  );
}

const themeNames: Readonly<Record<Theme, string>> = { system: "System colours", light: "Light", dark: "Dark" };

type Doing = "nothing" | "choosing" | "renaming" | "removing";

function Row({ head, onShown }: { readonly head: Head; readonly onShown: () => void }): VNode {
  const chat = useChat();
  const [doing, setDoing] = useState<Doing>("nothing");
  const more = useRef<HTMLLIElement>(null);
  const { id, title } = head;
  const isOpen = chat.open.value?.head.id === id;
  const end = (): void => {
    setDoing("nothing");
    more.current?.querySelector<HTMLElement>(".more")?.focus();
  };
  const show = (): void => {
    void chat.show(id);
    onShown();
  };
  return (
    <li
      ref={more}
      class={isOpen ? "open" : undefined}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || doing === "nothing") return;
        event.stopPropagation();
        end();
      }}
    >
      {doing === "renaming" ? (
        <Rename title={title} onEnd={end} onRename={(name) => void chat.rename(id, name).then(end)} />
      ) : (
        <div class="row">
          <button type="button" class="title" aria-current={isOpen ? "page" : undefined} title={title} onClick={show}>
            {title}
          </button>
          <IconButton
            class="tool more"
            icon="more"
            label={`More for ${title}`}
            expanded={doing !== "nothing"}
            onClick={() => setDoing(doing === "nothing" ? "choosing" : "nothing")}
          />
        </div>
      )}
      {doing === "choosing" && (
        <div class="choices">
          <button type="button" class="plain" onClick={() => setDoing("renaming")}>
            Rename
          </button>
          <button
            type="button"
            class="plain"
            onClick={() => void chat.exportText(id).then((text) => saveFile(`${fileName(title)}.json`, text))}
          >
            Export
          </button>
          <button type="button" class="plain danger" onClick={() => setDoing("removing")}>
            Delete
          </button>
        </div>
      )}
      {doing === "removing" && (
        <div class="choices" role="alertdialog" aria-label={`Delete ${title} for good?`}>
          <span>Delete for good?</span>
          <button type="button" class="plain" onClick={end}>
            Keep
          </button>
          <button type="button" class="plain danger" onClick={() => void chat.remove(id)}>
            Delete
          </button>
        </div>
      )}
    </li>
  );
}

interface RenameProps {
  readonly title: string;
  readonly onEnd: () => void;
  readonly onRename: (title: string) => void;
}

function Rename({ title, onEnd, onRename }: RenameProps): VNode {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current!.select(), []);
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        onRename(field.current!.value);
      }}
    >
      <input ref={field} aria-label="Title" defaultValue={title} />
      <IconButton icon="done" label="Rename" onClick={() => onRename(field.current!.value)} />
      <IconButton icon="close" label="Keep the title" onClick={onEnd} />
    </form>
  );
}

/** All conversations to a file, or those of a file to here. */
function Files(): VNode {
  const chat = useChat();
  const file = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const take = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    try {
      const count = await chat.importText(await chosen.text());
      setSaid(count === 1 ? "1 conversation imported." : `${count} conversations imported.`);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    file.current!.value = "";
  };
  return (
    <div class="files">
      <button type="button" class="plain" onClick={() => file.current!.click()}>
        Import
      </button>
      <button
        type="button"
        class="plain"
        disabled={chat.heads.value.length === 0}
        onClick={() => void chat.exportText().then((text) => saveFile("conversations.json", text))}
      >
        Export all
      </button>
      <input
        ref={file}
        type="file"
        accept=".json,application/json"
        class="unseen"
        tabIndex={-1}
        aria-label="File of conversations"
        onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
      />
      <p role="status">{said}</p>
    </div>
  );
}

/** A title as a name that every file system takes. */
function fileName(title: string): string {
  return title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "conversation";
}
