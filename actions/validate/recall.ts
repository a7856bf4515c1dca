import { createHash } from "node:crypto";
import type { Memory } from "../lib/ports/memory.ts";
import type { Workspace } from "../lib/ports/workspace.ts";

/** What the files hold, and what earlier runs worked out from that. */
export interface Recall {
  memory: Memory;
  /** A name for each file's content, which differs whenever the content does. */
  ids: ReadonlyMap<string, string>;
  /** Turns false when something was worked out from files that it does not know. */
  isComplete: boolean;
}

/**
 * @param ports the repository, and what is remembered of it
 * @returns `undefined` where nothing can be recalled: no memory, or nobody who tells contents apart
 */
export async function readRecall(ports: {
  workspace: Workspace;
  memory?: Memory;
}): Promise<Recall | undefined> {
  const ids = ports.memory === undefined ? undefined : await ports.workspace.contentIds?.();
  return ports.memory === undefined || ids === undefined
    ? undefined
    : { memory: ports.memory, ids, isComplete: true };
}

/**
 * Names what some work depends on.
 *
 * @param parts texts, and lists of them
 * @returns a short text that differs whenever they do
 */
export function keyOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24);
}

/**
 * Works something out, or recalls it.
 *
 * @param recall without it, all is worked out
 * @param kind what sort of thing it is
 * @param name which one
 * @param key what it depends on
 * @param work gives it; what is `undefined` is not kept
 */
export function remembered<T>(
  recall: Recall | undefined,
  kind: string,
  name: string,
  key: string,
  work: () => T,
): T {
  const kept = recall?.memory.get(kind, name) as { key: string; value: T } | undefined;
  if (kept?.key === key) return kept.value;
  const value = work();
  if (value !== undefined) recall?.memory.set(kind, name, { key, value });
  return value;
}
