import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["actions/**/*.test.ts", "scripts/**/*.test.ts"],
    exclude: ["**/node_modules/**", "actions/dist/**"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Most tests wait for a process that they started; the default leaves a core idle.
    maxWorkers: "100%",
  },
});
