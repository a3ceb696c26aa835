// Elements as plain data: the same tree becomes nodes of a page, and text of a file. Text from logs is only ever text in both.

export interface Element {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Markup[];
}

/** Undefined: without a value there is no attribute. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;
export type Markup = Element | string;

export function element(tag: string, attributes: Attributes = {}, ...children: readonly (Markup | readonly Markup[])[]): Element {
  return { tag, attributes, children: children.flat() };
}

export function textOf(markup: Markup): string {
  if (typeof markup === "string") return escaped(markup);
  const { tag, attributes, children } = markup;
  const inTag = Object.entries(attributes).map(([name, value]) => (value === undefined ? "" : ` ${name}="${escaped(String(value))}"`));
  return `<${tag}${inTag.join("")}>${children.map(textOf).join("")}</${tag}>`;
}

export function nodeOf(markup: Markup, namespace = "http://www.w3.org/1999/xhtml"): Node {
  if (typeof markup === "string") return document.createTextNode(markup);
  const inner = markup.tag === "svg" ? "http://www.w3.org/2000/svg" : namespace;
  const node = document.createElementNS(inner, markup.tag);
  for (const [name, value] of Object.entries(markup.attributes)) if (value !== undefined) node.setAttribute(name, String(value));
  node.append(...markup.children.map((child) => nodeOf(child, inner)));
  return node;
}

/** What is shown where, as text: what has not changed is left alone, with what a reader has selected in it. */
const shown = new WeakMap<globalThis.Element, string>();

export function show(place: globalThis.Element, ...markup: readonly Markup[]): void {
  const text = markup.map(textOf).join("");
  if (shown.get(place) === text) return;
  shown.set(place, text);
  place.replaceChildren(...markup.map((each) => nodeOf(each)));
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
