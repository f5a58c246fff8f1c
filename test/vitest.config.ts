import { defineConfig } from "vitest/config";

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ["test/**/*.test.ts"],
    // Each file that needs it starts a real workerd: two at a time are what two cores bear.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Bundles the Worker once for all files.
    globalSetup: ["test/lab/global-setup.ts"],
  },
});
