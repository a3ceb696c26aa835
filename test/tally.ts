// The last line of every test run: "N passed, N failed, N skipped", for people and for machines. Above it, the reasons that skipped tests gave.
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export default class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    // Errors that belong to no test are failures as well, such as a browser that does not start.
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    const reasons = new Set<string>();
    for (const module of modules) {
      // A file that does not even load, or a hook that throws, is a failure, though no test of it ran.
      if (module.errors().length > 0) count.failed++;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        const { state } = result;
        if (state === "skipped" && result.note) reasons.add(result.note);
        // A test that was cut off in the middle did not pass.
        count[state === "pending" ? "failed" : state]++;
      }
    }
    for (const reason of reasons) console.log(`\nskipped: ${reason}`);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
