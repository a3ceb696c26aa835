// An answer: its thoughts, its text (or its tokens), its figures, and what can be done with it.
import type { ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { memo } from "preact/compat";
import { useState } from "preact/hooks";
import type { Answer, Problem } from "../conversation.ts";
import { figuresOf } from "../figures.ts";
import { Markdown } from "../markdown.tsx";
import { cutOf } from "../sentences.ts";
import { type Branch, Branches } from "./branches.tsx";
import { useChat } from "./context.ts";
import { CopyButton } from "./copy-button.tsx";
import { IconButton } from "./icon-button.tsx";
import { sameMessage } from "./same-message.ts";
import { Thoughts } from "./thoughts.tsx";
import { Tokens } from "./tokens.tsx";

interface AnswerProps {
  readonly answer: Answer;
  /** The same while it is written: it changes with every frame, and only this view with it. */
  readonly growing: ReadonlySignal<Answer> | undefined;
  /** What the reader has not been told yet: that the model was not shown a part of the conversation. */
  readonly notShown: string | undefined;
  readonly branch: Branch;
  readonly isLocked: boolean;
}

export const AnswerView = memo(
  ({ answer: kept, growing, notShown, branch, isLocked }: AnswerProps): VNode => {
    const chat = useChat();
    const [asTokens, setAsTokens] = useState(false);
    const answer = growing?.value ?? kept;
    const { id, text, thoughts, tokens, state } = answer;
    const isGrowing = growing !== undefined;
    const showsTokens = asTokens && tokens !== undefined;
    return (
      <article class="answer" aria-label={`Answer of ${answer.model || "the model"}`} aria-busy={isGrowing}>
        {thoughts && <Thoughts text={thoughts} isGrowing={isGrowing && text === ""} />}
        {showsTokens ? <Tokens tokens={tokens} /> : <Markdown text={text} growing={isGrowing} />}
        {isGrowing && text === "" && !thoughts && (
          <p class="waiting">
            <span class="unseen">Waiting for the answer</span>
          </p>
        )}
        {!isGrowing && notShown && <p class="remark">{notShown}</p>}
        {!isGrowing && <Ending answer={answer} isLocked={isLocked} />}
        {!isGrowing && (
          <footer>
            <Branches branch={branch} what="answer" />
            {text !== "" && <CopyButton text={text} />}
            {state !== "failed" && <IconButton icon="again" label="Regenerate" disabled={isLocked} onClick={() => chat.regenerate(id)} />}
            {tokens && <IconButton icon="tokens" label="Show tokens" pressed={asTokens} onClick={() => setAsTokens(!asTokens)} />}
            <span class="figures">
              {figuresOf(answer).map((figure) => (
                <span key={figure}>{figure}</span>
              ))}
            </span>
            {state === "stopped" && <span class="state">stopped</span>}
          </footer>
        )}
      </article>
    );
  },
  sameMessage("answer", "growing", "notShown"),
);

/** Why an answer is not whole. */
function Ending({ answer, isLocked }: { readonly answer: Answer; readonly isLocked: boolean }): VNode | null {
  const chat = useChat();
  const { id, state } = answer;
  const cut: Problem | undefined = answer.problem ?? cutOf(answer);
  if (state === "writing")
    return <p class="remark">This answer is being written in another tab, or was cut off when its page was closed.</p>;
  if (!cut) return state === "done" && answer.text === "" ? <p class="remark">The model had nothing to say.</p> : null;
  if (state !== "failed") return <p class="remark">{cut.text}</p>;
  return (
    <p class="problem" role="alert">
      <span>{cut.text}</span>
      {cut.full ? (
        <button type="button" class="plain" onClick={() => void chat.show(undefined)}>
          New conversation
        </button>
      ) : (
        <button type="button" class="plain" disabled={isLocked} onClick={() => chat.regenerate(id)}>
          Try again
        </button>
      )}
    </p>
  );
}
