// Drawings on buttons. Each button has its words in aria-label or beside the drawing, so these are silent.
import type { VNode } from "preact";

const paths = {
  menu: "M3 6h14M3 10h14M3 14h14",
  plus: "M10 4v12M4 10h12",
  send: "M10 16V4M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  copy: "M7 7V4h9v9h-3M4 7h9v9H4z",
  done: "M4 10.5l4 4 8-9",
  again: "M16 10a6 6 0 1 1-2-4.5M16 3v3.5h-3.5",
  edit: "M4 16l.8-3.4L13.4 4l2.6 2.6-8.6 8.6z",
  tokens: "M3 5h6v4H3zM12 5h5v4h-5zM3 12h4v4H3zM10 12h7v4h-7z",
  before: "M12 5l-5 5 5 5",
  after: "M8 5l5 5-5 5",
  settings: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  close: "M5 5l10 10M15 5L5 15",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  down: "M10 4v12M5 11l5 5 5-5",
  help: "M7.5 7.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8M10 14.5h.01",
} as const;

export function Icon({ name }: { readonly name: keyof typeof paths }): VNode {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
