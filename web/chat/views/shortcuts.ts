// Keys that work everywhere on the page, and the list of all keys that the help shows.

export type Shortcut = "stop" | "new" | "settings" | "help";

export function shortcutOf({ key, ctrlKey, metaKey, altKey, isComposing }: KeyboardEvent): Shortcut | undefined {
  if (altKey || isComposing) return undefined;
  const isCommand = ctrlKey || metaKey;
  if (key === "Escape" && !isCommand) return "stop";
  if (isCommand && key.toLowerCase() === "k") return "new";
  if (isCommand && key === ",") return "settings";
  if (isCommand && key === "/") return "help";
  return undefined;
}

export const shortcuts: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["Enter"], "send"],
  [["Shift", "Enter"], "a new line"],
  [["Up"], "in an empty field: edit your last message"],
  [["Esc"], "stop the answer; close what is open"],
  [["Ctrl", "K"], "new conversation"],
  [["Ctrl", ","], "settings"],
  [["Left", "Right"], "among tokens: read each with its alternatives"],
  [["Ctrl", "/"], "this help"],
];
