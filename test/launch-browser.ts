// The browser that tests of pages drive themselves.
import { type Browser, chromium } from "playwright";
import { findBrowser } from "./browser/find-browser.ts";

/** Undefined: there is none on this machine. */
export const executablePath: string | undefined = findBrowser();

export function launchBrowser(): Promise<Browser> {
  // Inside a container Chromium has no sandbox of its own for root.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
