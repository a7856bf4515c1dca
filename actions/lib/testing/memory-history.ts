import type { History, Order } from "../ports/history.ts";
import type { MemoryGit } from "./memory-git.ts";

/**
 * The history of a `memoryGit`, all on one line.
 *
 * @param git whose commits it tells
 * @param sources further commits, oldest first, that come before all of them
 */
export function memoryHistory(git: MemoryGit, sources: readonly string[] = []): History {
  const order = (commit: string, other: string): Order => {
    const line = [...sources, ...git.commits.map(({ id }) => id)];
    const [own, its] = [line.indexOf(commit), line.indexOf(other)];
    if (commit === other) return "same";
    if (own < 0 || its < 0) return "unknown";
    return own > its ? "after" : "before";
  };
  return {
    bumps: async (environment) =>
      git.commits
        .filter(({ message }) => message.split("\n").includes(`Wavehouse-Environment: ${environment}`))
        .map(({ id, message }) => ({ commit: id, date: "2026-01-01T00:00:00Z", message }))
        .reverse(),
    resolve: async (name) => git.commits.find(({ id }) => id.startsWith(name))?.id,
    describe: async () => undefined,
    compare: async (commit, others) => new Map(others.map((other) => [other, order(commit, other)])),
    filesAt: async () => new Map(),
    between: async () => [],
  };
}
