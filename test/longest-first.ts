// The order of the test files. Vitest starts the largest files first, or those that took longest the last time; a fresh checkout knows no last time, and some
// small files take longest by far: begun among the last, one of them would keep one worker busy while the others have nothing left to do.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take half a minute or more, about in the order of what they take. */
const longest = [
  "test/smollm2.test.ts",
  "src/ops/wasm/wasm.test.ts",
  "test/readme.test.ts",
  "test/engine-goldens.test.ts",
  "test/cli.test.ts",
  "src/ops/wasm/high-addresses.test.ts",
  "test/cli-train.test.ts",
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
      return at < 0 ? longest.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
