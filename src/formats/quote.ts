// Names and values out of files by strangers, made fit for messages: cut short, and without anything that a terminal would obey.
import type { Json } from "./strict-json.ts";

const longest = 80;

/** In quotes. */
export function quote(name: string): string {
  return escapeMarks(JSON.stringify(name.length <= longest ? name : `${name.slice(0, longest)}...`));
}

export function showJson(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return escapeMarks(text.length <= longest ? text : `${text.slice(0, longest)}...`);
}

/** What JSON leaves as it is: DEL, the C1 controls, and the marks that reorder text or break lines. */
function escapeMarks(text: string): string {
  return text.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
