// The Chrome or Chromium of this machine. Nothing is downloaded: where there is none, the tests in browsers are left out, and say so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const commands = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"];

/**
 * The browser that CHROME_PATH names (none when it is empty), else the first that is installed.
 *
 * @throws Error when CHROME_PATH names no file
 */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CHROME_PATH: chosen, PATH = "" } = env;
  if (chosen === "") return undefined;
  if (chosen !== undefined) {
    if (!existsSync(chosen)) throw new Error(`CHROME_PATH is ${chosen}, expected the path of a Chrome or Chromium: there is no such file`);
    return chosen;
  }
  const onPath = PATH.split(delimiter).flatMap((folder) => commands.map((command) => join(folder, command)));
  return [...onPath, ...usualPlaces(env)].find((path) => existsSync(path) && starts(path));
}

/** Where installers put it on systems whose PATH does not know it. */
function usualPlaces(env: NodeJS.ProcessEnv): string[] {
  switch (process.platform) {
    case "darwin":
      return ["/Applications", `${env.HOME}/Applications`].flatMap((folder) =>
        ["Google Chrome", "Chromium"].map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`),
      );
    case "win32":
      return [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].flatMap((folder) =>
        ["Google\\Chrome", "Chromium"].map((name) => `${folder}\\${name}\\Application\\chrome.exe`),
      );
    default:
      return [];
  }
}

/** Ubuntu has a chromium-browser that only tells how to install one. (On Windows --version would open a window.) */
function starts(path: string): boolean {
  return process.platform !== "linux" || spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0;
}
