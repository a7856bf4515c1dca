import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["actions/**/*.test.ts", "scripts/**/*.test.ts"],
    exclude: ["**/node_modules/**", "actions/dist/**"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Nothing is mocked and no file leaves anything behind; loading every module anew for each costs a fifth of the time.
    isolate: false,
    // Most tests wait for a process that they started; the default leaves a core idle.
    maxWorkers: "100%",
  },
});
