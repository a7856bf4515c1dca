import type { EnvironmentHealth } from "../lib/ports/deployments.ts";
import type { History } from "../lib/ports/history.ts";

/**
 * Says why what an environment runs is not to be promoted: it is not healthy there, or nothing tells.
 *
 * @param from the environment that the images are taken from
 * @param then the commit that it ran at the time that is asked for; `undefined` for what it runs now
 * @param health knows how it is; `undefined` when nobody does
 * @param history orders commits
 * @returns the reason, or `undefined` when it is healthy
 */
export async function whyUnproved(
  from: string,
  then: string | undefined,
  health: EnvironmentHealth | undefined,
  history: History,
): Promise<string | undefined> {
  const bumps = (await history.bumps(from)).map(({ commit }) => commit);
  const last = then ?? bumps[0];
  if (last === undefined) return undefined;
  // What came after it is proved by nothing that holds the next bump.
  const next = bumps[bumps.indexOf(last) - 1];
  // Later commits of other environments and of the sources run the same images.
  const proves = async (commit: string): Promise<boolean> => {
    const orders = await history.compare(commit, [last, ...(next === undefined ? [] : [next])]);
    const holds = (bump: string): boolean => ["same", "after"].includes(orders.get(bump) ?? "");
    return holds(last) && (next === undefined || !holds(next));
  };
  const { state, told } = (await health?.of(from, proves)) ?? {
    state: "unknown",
    told: "nobody was asked: give a `github-token`, or on a laptop --context",
  };
  if (state === "healthy") return undefined;
  const what = state === "unhealthy" ? `${from} is not healthy` : `nothing tells that ${from} is healthy`;
  return `${what} with what it ${then === undefined ? "runs" : "ran"} since ${last.slice(0, 12)} (${told}); wait for it or mend it, or say \`unproved\` and promote it all the same.`;
}
