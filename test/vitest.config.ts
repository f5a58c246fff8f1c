import { defineConfig } from "vitest/config";

export default defineConfig({
  root: `${import.meta.dirname}/..`,
  test: {
    include: ["test/**/*.test.ts"],
    // Each file that needs it starts a real workerd: two at a time are what two cores bear.
    maxWorkers: 2,
    // Against what hangs, not against a busy machine: several times what the slowest takes on two cores.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    setupFiles: ["test/lab/same-examples.ts"],
    // Bundles the Worker once for all files.
    globalSetup: ["test/lab/global-setup.ts"],
  },
});
