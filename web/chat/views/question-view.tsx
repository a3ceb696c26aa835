import type { VNode } from "preact";
import { memo } from "preact/compat";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Question } from "../conversation.ts";
import { Markdown } from "../markdown.tsx";
import { type Branch, Branches } from "./branches.tsx";
import { focusComposer } from "./composer.tsx";
import { useChat } from "./context.ts";
import { CopyButton } from "./copy-button.tsx";
import { IconButton } from "./icon-button.tsx";
import { sameMessage } from "./same-message.ts";

interface QuestionProps {
  readonly question: Question;
  readonly branch: Branch;
  /** While an answer is written, no other is asked for. */
  readonly isLocked: boolean;
}

export const QuestionView = memo(({ question, branch, isLocked }: QuestionProps): VNode => {
  const [isEditing, setEditing] = useState(false);
  const { id, text } = question;
  const edited = (): void => {
    setEditing(false);
    focusComposer();
  };
  return (
    <article class="question" aria-label="You">
      {isEditing ? (
        <Editor question={question} onEnd={edited} />
      ) : (
        <>
          <div class="said">
            <Markdown text={text} growing={false} />
          </div>
          <footer>
            <Branches branch={branch} what="message" />
            <CopyButton text={text} />
            <IconButton id={`edit-${id}`} icon="edit" label="Edit" disabled={isLocked} onClick={() => setEditing(true)} />
          </footer>
        </>
      )}
    </article>
  );
}, sameMessage("question"));

function Editor({ question: { id, text }, onEnd }: { readonly question: Question; readonly onEnd: () => void }): VNode {
  const chat = useChat();
  const field = useRef<HTMLTextAreaElement>(null);
  const [words, setWords] = useState(text);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, [text]);
  const save = (): void => {
    if (words.trim() === "") return;
    chat.edit(id, words);
    onEnd();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "Escape") onEnd();
    else if (event.key === "Enter" && !event.shiftKey) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={field}
        rows={2}
        value={words}
        aria-label="Edit your message"
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
        onKeyDown={press}
      />
      <div class="choices">
        <button type="button" class="plain" onClick={onEnd}>
          Cancel
        </button>
        <button type="submit" class="main" disabled={words.trim() === ""}>
          Ask again
        </button>
      </div>
    </form>
  );
}
