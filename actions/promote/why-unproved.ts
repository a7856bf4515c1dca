import type { EnvironmentHealth } from "../lib/ports/deployments.ts";
import type { History } from "../lib/ports/history.ts";

/**
 * Says why what an environment runs is not to be promoted: it is not healthy there, or nothing tells.
 *
 * @param from the environment that the images are taken from
 * @param health knows how it is; `undefined` when nobody does
 * @param history orders commits
 * @returns the reason, or `undefined` when it is healthy
 */
export async function whyUnproved(
  from: string,
  health: EnvironmentHealth | undefined,
  history: History,
): Promise<string | undefined> {
  const last = (await history.bumps(from))[0]?.commit;
  if (last === undefined) return undefined;
  // Later commits of other environments and of the sources run the same images.
  const proves = async (commit: string): Promise<boolean> => {
    const order = (await history.compare(commit, [last])).get(last);
    return order === "same" || order === "after";
  };
  const { state, told } = (await health?.of(from, proves)) ?? {
    state: "unknown",
    told: "nobody was asked: give a `github-token`, or on a laptop --context",
  };
  if (state === "healthy") return undefined;
  const what = state === "unhealthy" ? `${from} is not healthy` : `nothing tells that ${from} is healthy`;
  return `${what} with what it runs since ${last.slice(0, 12)} (${told}); wait for it or mend it, or say \`unproved\` and promote it all the same.`;
}
