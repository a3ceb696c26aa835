// Small things that the browser keeps for the page. Some private windows keep nothing: then they last as long as the page.

/** One text, under a name. */
export interface Remembered {
  /** "" when there is none. */
  get(): string;
  set(value: string): void;
}

/** @param place asked for inside, since even naming it throws where the browser keeps nothing */
export function remembered(name: string, place: () => Storage): Remembered {
  let value = attempt(() => place().getItem(name)) ?? "";
  return {
    get: () => value,
    set(next) {
      value = next;
      attempt(() => (value === "" ? place().removeItem(name) : place().setItem(name, value)));
    },
  };
}

/**
 * The key that the server wants, if it wants one. It is kept for this tab and ends with it: a reload does not ask again, and a browser that is shared, or whose
 * files are copied, does not give it away. The price is that each new tab asks once.
 */
export const rememberedKey = (): Remembered => remembered("cria-key", () => sessionStorage);

/** "light", "dark", or "" for what the system prefers. */
export const rememberedTheme = (): Remembered => remembered("cria-theme", () => localStorage);

/** Of the next new conversation, as JSON. */
export const rememberedSettings = (): Remembered => remembered("cria-settings", () => localStorage);

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
