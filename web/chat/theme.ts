// Light or dark: as the system prefers, unless the reader chose one.
import { type Signal, signal } from "@preact/signals";
import type { Remembered } from "./remember.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** The choice, which the page follows and the browser remembers. */
export function createTheme(kept: Remembered): Signal<Theme> {
  const theme = signal<Theme>(themes.find((each) => each === kept.get()) ?? "system");
  theme.subscribe((chosen) => {
    kept.set(chosen === "system" ? "" : chosen);
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  });
  return theme;
}
