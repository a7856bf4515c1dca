import type { History } from "../ports/history.ts";

/**
 * @param sources commits that images were built from
 * @param history orders them
 * @returns the one that comes after all others; the first where there is no such one, `undefined` without any
 */
export async function newestSource(
  sources: readonly string[],
  history: History,
): Promise<string | undefined> {
  const distinct = [...new Set(sources)].filter((source) => source !== "");
  if (distinct.length <= 1) return distinct[0];
  for (const candidate of distinct) {
    const orders = await history.compare(candidate, distinct);
    if (distinct.every((other) => ["same", "after"].includes(orders.get(other) ?? "unknown")))
      return candidate;
  }
  return distinct[0];
}
