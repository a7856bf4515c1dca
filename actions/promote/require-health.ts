import { UserError } from "../lib/domain/user-error.ts";
import type { EnvironmentHealth } from "../lib/ports/deployments.ts";
import type { History } from "../lib/ports/history.ts";

/**
 * Refuses to promote what is not healthy where it comes from.
 *
 * @param from the environment that the images are taken from
 * @param health knows how it is; `undefined` when nobody does
 * @param history orders commits
 * @throws UserError when it is not healthy, or nothing tells
 */
export async function requireHealth(
  from: string,
  health: EnvironmentHealth | undefined,
  history: History,
): Promise<void> {
  const last = (await history.bumps(from))[0]?.commit;
  if (last === undefined) return;
  // Later commits of other environments and of the sources run the same images.
  const proves = async (commit: string): Promise<boolean> => {
    const order = (await history.compare(commit, [last])).get(last);
    return order === "same" || order === "after";
  };
  const { state, told } = (await health?.of(from, proves)) ?? {
    state: "unknown",
    told: "nobody was asked: give a `github-token`, or on a laptop --context",
  };
  if (state === "healthy") return;
  const what = state === "unhealthy" ? `${from} is not healthy` : `nothing tells that ${from} is healthy`;
  throw new UserError(
    `Nothing was promoted: ${what} with what it runs since ${last.slice(0, 12)} (${told}); wait for it or mend it, or say \`unproved\` and promote it all the same.`,
  );
}
