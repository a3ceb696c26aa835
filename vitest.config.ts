// Two kinds of places for tests: Node, and the Chrome or Chromium of this machine, once with the headers that give a page shared memory and once without.
import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from "vitest/config";
import { serveBundle } from "./test/browser/bundle.ts";
import { answerInNode, helpers } from "./test/browser/commands.ts";
import { findBrowser } from "./test/browser/find-browser.ts";
import { provided } from "./test/browser/provided.ts";
import LongestFirst from "./test/longest-first.ts";

const executablePath = findBrowser();

/** Without these headers a page has no SharedArrayBuffer, and the engine one thread. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

function browser(name: string, isolated: boolean): TestProjectInlineConfiguration {
  return {
    extends: true,
    plugins: [serveBundle()],
    // Found only when a page calls it: Vite would then load the page once more.
    optimizeDeps: { include: ["valibot"] },
    server: { headers: isolated ? isolation : {}, fs: { allow: [".", "../shared"] } },
    test: {
      name,
      include: ["test/browser/*.test.ts"],
      // One page at a time, and after Node's tests: models and threads want the machine for themselves.
      fileParallelism: false,
      sequence: { groupOrder: isolated ? 2 : 1 },
      provide: provided(isolated),
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        commands: { answerInNode, helpers },
        provider: playwright({ launchOptions: { executablePath } }),
        instances: [{ browser: "chromium" }],
      },
    },
  };
}

const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is polled for comes in another process, on a machine that may have much to do.
    expect: { poll: { timeout: 15_000 } },
    reporters: ["default", "./test/tally.ts"],
    setupFiles: ["./test/matchers.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          include: ["src/**/*.test.ts", "web/**/*.test.ts", "test/*.test.ts"],
          pool: "forks",
          // By default one file at a time on two cores, most of which wait for one thread.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      ...(executablePath ? [browser("browser", false), browser("isolated browser", true)] : []),
    ],
  },
});
export default config;
