import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    reporters: ["default", "./test/tally.ts"],
    setupFiles: ["./test/matchers.ts"],
    pool: "forks",
  },
});
export default config;
