// Markdown as elements of the page. Tokens become elements one by one and no text is ever read as HTML: what a model or a reader writes can bring no script,
// no frame, no form and no request to another host.
import type { MarkedToken, Token, Tokens } from "marked";
import type { ComponentChildren, VNode } from "preact";
import { memo } from "preact/compat";
import { useMemo, useState } from "preact/hooks";
import { copyText } from "./clipboard.ts";
import { type Block, createMarkdownReader } from "./markdown-blocks.ts";

/** @param growing while more of the text is coming; when it is whole it is read once more, so that its first part may refer to its last */
export function Markdown({ text, growing }: { readonly text: string; readonly growing: boolean }): VNode {
  const reader = useMemo(createMarkdownReader, [growing]);
  const blocks = useMemo(() => reader.read(text), [reader, text]);
  return (
    <div class="markdown">
      {blocks.map((block) => (
        <BlockView key={block.at} block={block} />
      ))}
    </div>
  );
}

/** Drawn anew only when its block is another one. */
const BlockView = memo(({ block }: { readonly block: Block }): VNode => <>{drawn(block.token)}</>);

const all = (tokens: readonly Token[] | undefined): ComponentChildren => tokens?.map(drawn);

function drawn(generic: Token): ComponentChildren {
  const token = generic as MarkedToken;
  switch (token.type) {
    case "paragraph":
      return <p>{all(token.tokens)}</p>;
    case "heading":
      return heading(token);
    case "code":
      return <Code text={token.text} language={token.lang?.match(/^[\w+#.-]+/)?.[0]} />;
    case "blockquote":
      return <blockquote>{all(token.tokens)}</blockquote>;
    case "list":
      return list(token);
    case "table":
      return table(token);
    case "hr":
      return <hr />;
    case "text":
      return "tokens" in token && token.tokens ? all(token.tokens) : decoded(token.text);
    case "escape":
      return token.text;
    case "strong":
      return <strong>{all(token.tokens)}</strong>;
    case "em":
      return <em>{all(token.tokens)}</em>;
    case "del":
      return <del>{all(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return link(token.href, all(token.tokens));
    case "image":
      // Loading it would tell another host that it was looked at, and when.
      return link(token.href, `image: ${decoded(token.text) || token.href}`);
    case "checkbox":
      return <input type="checkbox" checked={token.checked} disabled aria-label={token.checked ? "done" : "to do"} />;
    case "html":
      return "block" in token && token.block ? <p class="raw">{token.raw.trimEnd()}</p> : token.raw;
    case "space":
    case "def":
      return null;
    default:
      return generic.raw;
  }
}

/** An answer stands below the headings of the page itself. */
function heading({ depth, tokens }: Tokens.Heading): VNode {
  const Tag = `h${Math.min(6, depth + 2)}` as "h3";
  return <Tag class={`depth-${depth}`}>{all(tokens)}</Tag>;
}

function list({ ordered, start, items }: Tokens.List): VNode {
  const children = items.map((item, i) => (
    <li key={i} class={item.task ? "task" : undefined}>
      {all(item.tokens)}
    </li>
  ));
  return ordered ? <ol start={start === "" ? 1 : start}>{children}</ol> : <ul>{children}</ul>;
}

function table({ header, rows }: Tokens.Table): VNode {
  const cell = ({ tokens, align, header: isHeader }: Tokens.TableCell): VNode => {
    const Tag = isHeader ? "th" : "td";
    return <Tag class={align ? `to-${align}` : undefined}>{all(tokens)}</Tag>;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="wide" tabIndex={0} aria-label="table">
      <table>
        <thead>
          <tr>{header.map(cell)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>{row.map(cell)}</tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Where a link may lead. What else it says it is, such as javascript:, stays text. */
const SCHEMES = ["http:", "https:", "mailto:"];

function link(href: string, children: ComponentChildren): ComponentChildren {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !SCHEMES.includes(url.protocol)) return <span class="no-link">{children}</span>;
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

function Code({ text, language }: { readonly text: string; readonly language: string | undefined }): VNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <figure class="code">
      <figcaption>
        <span>{language ?? "text"}</span>
        <button type="button" class="quiet" onClick={copy} aria-label="Copy code">
          {copied ? "Copied" : "Copy"}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}

/** Entities such as &copy; are characters. One at a time: the parser sees nothing else. */
function decoded(text: string): string {
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) => {
    return new DOMParser().parseFromString(entity, "text/html").body.textContent ?? entity;
  });
}
