// An answer token by token, coloured by surprise. The one that is pointed at, or that the arrow keys reach, tells what else might have stood there.
import type { VNode } from "preact";
import { memo } from "preact/compat";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Token } from "../conversation.ts";
import { percent } from "../figures.ts";
import { choices, surpriseOf, visible } from "../surprise.ts";

/** Tokens that are drawn together: while an answer grows, only its last row is drawn anew. */
const ROW = 64;

export function Tokens({ tokens }: { readonly tokens: readonly Token[] }): VNode {
  const name = useId();
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | undefined>(undefined);
  const rows = Array.from({ length: Math.ceil(tokens.length / ROW) }, (_, i) => i);
  const pick = (event: Event): void => {
    const place = (event.target as HTMLElement).dataset?.at;
    if (place !== undefined) setAt(Number(place));
  };
  const press = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: 10,
      ArrowUp: -10,
      Home: -tokens.length,
      End: tokens.length,
    };
    if (event.key === "Escape" && at !== undefined) {
      setAt(undefined);
      event.stopPropagation();
    } else if (event.key in moves) {
      setAt(Math.max(0, Math.min(tokens.length - 1, (at ?? -1) + moves[event.key])));
      event.preventDefault();
    }
  };
  return (
    <div class="tokens" ref={box}>
      <p class="legend" aria-hidden="true">
        likely
        {[0, 1, 2, 3, 4].map((level) => (
          <span key={level} class={`s${level}`} />
        ))}
        surprising
      </p>
      <div
        class="text"
        role="listbox"
        tabIndex={0}
        aria-label="Tokens"
        aria-activedescendant={at === undefined ? undefined : `${name}-${at}`}
        onKeyDown={press}
        onFocus={() => setAt((current) => current ?? 0)}
        onBlur={() => setAt(undefined)}
        onPointerOver={pick}
        onPointerLeave={({ currentTarget }) => document.activeElement !== currentTarget && setAt(undefined)}
      >
        {rows.map((row) => {
          const inRow = at !== undefined && Math.floor(at / ROW) === row ? at : undefined;
          const end = Math.min(tokens.length, (row + 1) * ROW);
          return <Row key={row} name={name} tokens={tokens} from={row * ROW} end={end} at={inRow} />;
        })}
      </div>
      {at !== undefined && tokens[at] && <Alternatives token={tokens[at]} anchor={`${name}-${at}`} box={box.current!} />}
    </div>
  );
}

interface RowProps {
  readonly name: string;
  readonly tokens: readonly Token[];
  readonly from: number;
  readonly end: number;
  readonly at: number | undefined;
}

/** Tokens of an answer never change: a row is the same when it begins and ends where it did. */
const Row = memo(
  ({ name, tokens, from, end, at }: RowProps): VNode => (
    <>
      {tokens.slice(from, end).map((token, i) => {
        const place = from + i;
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the token that is active
          <span
            key={place}
            id={`${name}-${place}`}
            class={`token s${surpriseOf(token)}`}
            role="option"
            aria-selected={place === at}
            aria-label={place === at ? described(token) : undefined}
            data-at={place}
          >
            {token.text}
          </span>
        );
      })}
    </>
  ),
  (a, b) => a.name === b.name && a.from === b.from && a.end === b.end && a.at === b.at,
);

function described(token: Token): string {
  const others = choices(token).flatMap(({ choice, chosen }) => (chosen ? [] : `${visible(choice.text)} ${percent(choice.logprob)}`));
  return `${visible(token.text)}, ${percent(token.logprob)}${others.length > 0 ? `; instead: ${others.join(", ")}` : ""}`;
}

interface AlternativesProps {
  readonly token: Token;
  /** The id of the token's element. */
  readonly anchor: string;
  readonly box: HTMLElement;
}

function Alternatives({ token, anchor, box }: AlternativesProps): VNode {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = document.getElementById(anchor)!;
    place.scrollIntoView({ block: "nearest" });
    const [around, here] = [box.getBoundingClientRect(), place.getClientRects()[0] ?? place.getBoundingClientRect()];
    const { style, offsetWidth } = card.current!;
    style.left = `${Math.max(0, Math.min(here.left - around.left, around.width - offsetWidth))}px`;
    style.top = `${here.bottom - around.top + 6}px`;
  }, [anchor, box]);
  return (
    // What is heard of it is the name of the active token.
    <div class="alternatives" ref={card} aria-hidden="true">
      <table>
        <tbody>
          {choices(token).map(({ choice, chosen }, place) => (
            <tr key={place} class={chosen ? "chosen" : undefined}>
              <td>{visible(choice.text)}</td>
              <td>{percent(choice.logprob)}</td>
              <td>
                <meter min={0} max={1} value={Math.exp(choice.logprob)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
