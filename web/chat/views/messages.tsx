// The branch that is shown, from its first message to its last.
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { branchTo, leftOutNews, siblings } from "../conversation.ts";
import { notShown } from "../sentences.ts";
import { AnswerView } from "./answer-view.tsx";
import type { Branch } from "./branches.tsx";
import { useChat } from "./context.ts";
import { IconButton } from "./icon-button.tsx";
import { QuestionView } from "./question-view.tsx";
import { Welcome } from "./welcome.tsx";

/** So many are drawn until earlier ones are asked for. */
const SHOWN = 40;

/** So near the end, in pixels, a reader follows what is written. */
const NEAR = 60;

export function Messages(): VNode {
  const chat = useChat();
  const conversation = chat.open.value;
  const place = useRef<HTMLElement>(null);
  const isFollowing = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);
  const [shown, setShown] = useState(SHOWN);
  const branch = conversation ? branchTo(conversation) : [];
  const news = leftOutNews(branch);
  const earlier = Math.max(0, branch.length - shown);
  const writing = chat.writing.value;

  const toEnd = (): void => {
    const { current } = place;
    current?.scrollTo({ top: current.scrollHeight, behavior: "instant" });
  };
  const look = (): void => {
    const { scrollHeight, scrollTop, clientHeight } = place.current!;
    isFollowing.current = scrollHeight - scrollTop - clientHeight < NEAR;
    setAtEnd(isFollowing.current);
  };

  // Whatever grows, the end stays in sight of those who are there.
  useEffect(() => {
    const observer = new ResizeObserver(() => isFollowing.current && toEnd());
    observer.observe(place.current!.firstElementChild!);
    return () => observer.disconnect();
  }, []);
  // A new answer is looked at.
  useLayoutEffect(() => {
    isFollowing.current = true;
    toEnd();
  }, [writing]);

  if (!conversation)
    return (
      <section class="messages" ref={place} aria-label="Messages">
        <Welcome />
      </section>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="messages" ref={place} onScroll={look} tabIndex={0} aria-label="Messages">
      <div class="column">
        {earlier > 0 && (
          <button type="button" class="plain earlier" onClick={() => setShown(shown + SHOWN)}>
            Show earlier messages ({earlier} more)
          </button>
        )}
        {branch.slice(earlier).map((message) => {
          const places = siblings(conversation, message.id);
          const branchOf: Branch = { ids: places, at: places.indexOf(message.id) };
          return message.role === "user" ? (
            <QuestionView key={message.id} question={message} branch={branchOf} isLocked={writing !== undefined} />
          ) : (
            <AnswerView
              key={message.id}
              answer={message}
              growing={writing?.peek().id === message.id ? writing : undefined}
              notShown={notShown(news.get(message.id))}
              branch={branchOf}
              isLocked={writing !== undefined}
            />
          );
        })}
      </div>
      {!isAtEnd && <IconButton class="to-end" icon="down" label="To the end" onClick={toEnd} />}
    </section>
  );
}
