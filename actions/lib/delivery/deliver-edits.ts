import { backOff } from "../domain/back-off.ts";
import type { Way } from "../domain/delivery-settings.ts";
import { UserError } from "../domain/user-error.ts";
import type { Deployments } from "../ports/deployments.ts";
import type { Logger } from "../ports/logger.ts";
import type { OpenPullRequest, PullRequests } from "../ports/pull-requests.ts";
import type { SourceControl } from "../ports/source-control.ts";
import type { Wait } from "../ports/wait.ts";
import type { Workspace } from "../ports/workspace.ts";

/** What a delivery writes. */
export interface FileEdit {
  path: string;
  before: string | null;
  after: string | null;
}

/** A change that was decided on the files as they are now. */
export interface Planned {
  edits: readonly FileEdit[];
  /** The commit's message. */
  message: string;
  /** The commit that the images were built from, where there is one. */
  source?: string | undefined;
  /** What a reviewer reads; asked for only when there is something to review. */
  proposal?: { title: string; body: string };
}

/** Where a change goes. */
export interface Target {
  environment: string;
  way: Way;
  dryRun: boolean;
  /** False edits the files only. */
  commit: boolean;
  /** What HEAD is, where somebody has asked already: a change needs a commit to stand on. */
  head?: string | undefined;
  pushBranch: string | undefined;
  /** For messages: `bumped`, `promoted`, `rolled back`. */
  done: string;
}

/** What a delivery works through. */
export interface DeliveryPorts {
  workspace: Workspace;
  sourceControl: SourceControl;
  /** Where there is GitHub. */
  pullRequests?: PullRequests | undefined;
  /** Where it is shown what was delivered. */
  deployments?: Deployments | undefined;
  /** Lets others finish their pushes. */
  wait: Wait;
  logger: Logger;
}

/** What became of a change. */
export interface Delivered<Plan extends Planned> {
  plan: Plan;
  /** The commit, or `undefined` when none was made. */
  commit: string | undefined;
  pullRequest: OpenPullRequest | undefined;
}

/** How often a change is planned anew, at most, because the branch has moved meanwhile. */
const TRIES = 20;

/**
 * Plans a change, commits it whole or not at all, and takes it where it belongs. When the branch moves before the
 * commit is there, the change is planned again on top of it.
 *
 * @param target where it goes, and how far
 * @param ports the repository's files, its history, the server
 * @param plan decides on the files as they are; `pending` is the pull request that waits already
 * @returns the last plan, and what became of it
 * @throws UserError when it is refused; then nothing is left behind
 */
export async function deliverEdits<Plan extends Planned>(
  target: Target,
  ports: DeliveryPorts,
  plan: (pending: OpenPullRequest | undefined) => Promise<Plan>,
): Promise<Delivered<Plan>> {
  const { pushBranch, dryRun } = target;
  const review = reviewersOf(target, ports);
  for (let tried = 1; ; tried++) {
    const pending =
      review === undefined ? undefined : await review.find(bumpBranch(target.environment), review.base);
    const planned = await plan(pending);
    const commit = dryRun || planned.edits.length === 0 ? undefined : await apply(planned, target, ports);
    if (commit === undefined || pushBranch === undefined) {
      return { plan: planned, commit, pullRequest: pending };
    }
    const outcome =
      review === undefined
        ? await push(pushBranch, commit, target, ports)
        : await propose(planned, commit, pending, target, ports, review);
    if (outcome !== "moved") {
      if (review === undefined) await tell(target.environment, outcome.commit, planned, ports);
      return { plan: planned, ...outcome };
    }
    if (tried === TRIES) {
      throw new UserError(
        `Nothing was ${target.done}: ${pushBranch} moved ${TRIES} times while the change was made; run it again.`,
      );
    }
    ports.logger.info(`${pushBranch} has moved meanwhile; the change is planned again on top of it.`);
    await ports.wait(backOff(tried));
    await ports.sourceControl.catchUp(pushBranch);
  }
}

/** @returns the branch of an environment's one pull request */
export function bumpBranch(environment: string): string {
  return `wavehouse/bump-${environment}`;
}

type Review = PullRequests & { base: string };

function reviewersOf(
  { way, pushBranch, commit }: Target,
  { pullRequests }: DeliveryPorts,
): Review | undefined {
  if (way === "commit" || pushBranch === undefined || !commit) return undefined;
  if (pullRequests === undefined) {
    throw new UserError(
      "This environment is changed by pull request, which needs GitHub: give the input `github-token`, or choose the way `commit`.",
    );
  }
  return { ...pullRequests, base: pushBranch };
}

/** @returns the commit, or `undefined` when none was asked for */
async function apply(plan: Planned, target: Target, ports: DeliveryPorts): Promise<string | undefined> {
  const { workspace, sourceControl } = ports;
  // Asked first: without a commit to stand on there is nothing to do, and the files stay as they are.
  if (target.commit && target.head === undefined) await sourceControl.head();
  await workspace.apply(new Map(plan.edits.map(({ path, after }) => [path, after])));
  if (!target.commit) return undefined;
  try {
    const paths = plan.edits.map(({ path }) => path);
    return await sourceControl.commit({ message: plan.message, paths });
  } catch (error) {
    await workspace.apply(new Map(plan.edits.map(({ path, before }) => [path, before])));
    throw error;
  }
}

/** What waits in a pull request is not delivered yet. */
async function tell(
  environment: string,
  commit: string,
  { message, source }: Planned,
  { deployments }: DeliveryPorts,
): Promise<void> {
  const description = message.split("\n", 1)[0] ?? "";
  await deployments?.begin({ environment, commit, source: source || undefined, description });
}

type Outcome = { commit: string; pullRequest: OpenPullRequest | undefined } | "moved";

async function push(branch: string, commit: string, target: Target, ports: DeliveryPorts): Promise<Outcome> {
  const { sourceControl, logger } = ports;
  const outcome = await orTakeBack(commit, target, sourceControl, () => sourceControl.push(branch));
  if (outcome === "moved") return "moved";
  // GitHub makes a commit of its own, which HEAD has taken.
  const pushed = await sourceControl.head();
  logger.info(`Pushed ${pushed} to ${branch}.`);
  return { commit: pushed, pullRequest: undefined };
}

async function propose(
  plan: Planned,
  commit: string,
  pending: OpenPullRequest | undefined,
  target: Target,
  ports: DeliveryPorts,
  review: Review,
): Promise<Outcome> {
  const { sourceControl, logger } = ports;
  const { title, body } = plan.proposal ?? { title: plan.message.split("\n", 1)[0] ?? "", body: "" };
  const branch = bumpBranch(target.environment);
  const outcome = await orTakeBack(commit, target, sourceControl, () =>
    review.propose({ branch, base: review.base, title, body, replaces: pending?.head }),
  );
  if (outcome === "moved") return "moved";
  // It waits on its own branch; what is checked out stays the base.
  await sourceControl.takeBack(commit);
  logger.info(`${pending === undefined ? "Opened" : "Updated"} ${outcome.url}`);
  return { commit: outcome.head, pullRequest: outcome };
}

/** A commit that stayed here would be taken for a delivery by the next run, which would then push nothing. */
async function orTakeBack<T>(
  commit: string,
  target: Target,
  sourceControl: SourceControl,
  act: () => Promise<T | "moved">,
): Promise<T | "moved"> {
  let outcome: T | "moved" | UserError;
  try {
    outcome = await act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    outcome = error;
  }
  if (outcome instanceof UserError || outcome === "moved") await sourceControl.takeBack(commit);
  if (outcome instanceof UserError) {
    throw new UserError(`Nothing was ${target.done}: ${outcome.message}`, { cause: outcome });
  }
  return outcome;
}
