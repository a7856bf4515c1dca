import type { ActionResult } from "../lib/domain/action-result.ts";
import { bumpMessage } from "../lib/domain/bump-message.ts";
import { checkSize } from "../lib/domain/decode-text.ts";
import { didYouMean } from "../lib/domain/did-you-mean.ts";
import { type BumpPlan, planBump } from "../lib/domain/plan-bump.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { SourceControl } from "../lib/ports/source-control.ts";
import type { Wait } from "../lib/ports/wait.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { renderBump } from "../lib/render/render-bump.ts";
import { renderDiff } from "../lib/render/render-diff.ts";
import type { Inputs } from "./inputs.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  sourceControl: SourceControl;
  /** Lets others finish their pushes. */
  wait: Wait;
  logger: Logger;
}

/** How often a bump is planned anew, at most, because the branch has moved meanwhile. */
const TRIES = 6;
const FIRST_WAIT_MS = 500;

/**
 * Makes the overlays of an environment name the images: all files or none, in one commit or none. When the branch moves
 * before the commit is pushed, the bump is planned again on top of it.
 *
 * @param inputs which images, where, and how far to go
 * @param ports the repository's files, its history, the log
 * @returns the outputs `changed` and `commit`
 * @throws UserError when an overlay cannot be edited, when no overlay names an image, or when Git refuses
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const { plan, commit } = await bump(inputs, ports);
  for (const { path, before, after } of plan.edits)
    ports.logger.info(renderDiff(path, before, after).trimEnd());
  if (plan.edits.length === 0) ports.logger.info("Nothing to bump: the overlays name these images already.");
  return {
    ok: true,
    outputs: { changed: String(plan.edits.length > 0), commit: commit ?? "" },
    summary: renderBump(plan.edits, { environment: inputs.environment, commit, dryRun: inputs.dryRun }),
    annotations: [],
  };
}

interface Bump {
  plan: BumpPlan;
  /** The commit, or `undefined` when none was made. */
  commit: string | undefined;
}

async function bump(inputs: Inputs, ports: Ports): Promise<Bump> {
  const { sourceControl, logger } = ports;
  const { pushBranch } = inputs;
  for (let tried = 1; ; tried++) {
    const plan = await makePlan(inputs, ports.workspace);
    const commit = inputs.dryRun || plan.edits.length === 0 ? undefined : await apply(plan, inputs, ports);
    if (commit === undefined || pushBranch === undefined) return { plan, commit };
    if (await pushOrTakeBack(pushBranch, commit, sourceControl)) {
      logger.info(`Pushed ${commit} to ${pushBranch}.`);
      return { plan, commit };
    }
    if (tried === TRIES) {
      throw new UserError(
        `Nothing was bumped: ${pushBranch} moved ${TRIES} times while the bump was made; run it again.`,
      );
    }
    logger.info(`${pushBranch} has moved meanwhile; the bump is planned again on top of it.`);
    await ports.wait(FIRST_WAIT_MS * tried);
    await sourceControl.catchUp(pushBranch);
  }
}

async function makePlan(inputs: Inputs, workspace: Workspace): Promise<BumpPlan> {
  const plan = planBump(await readKustomizations(inputs.environment, workspace), inputs.images);
  if (plan.findings.length > 0) throw new UserError(plan.findings);
  return plan;
}

async function readKustomizations(environment: string, workspace: Workspace): Promise<Map<string, string>> {
  const tree = await workspace.list("overlays");
  const paths = tree
    .map(({ path }) => path)
    .filter((path) => /\/(?:kustomization\.ya?ml|Kustomization)$/.test(path));
  const own = paths.filter((path) => path.startsWith(`overlays/${environment}/`));
  if (own.length === 0) {
    const known = [...new Set(paths.map((path) => path.split("/")[1] ?? ""))];
    const hint = didYouMean(environment, known) ?? `there is ${known.join(", ") || "none at all"}`;
    throw new UserError(
      `Input \`environment\` is \`${environment}\`, but overlays/${environment} has no kustomization; ${hint}`,
    );
  }
  const findings = tree.flatMap(({ path, bytes }) =>
    own.includes(path) ? (checkSize(path, bytes) ?? []) : [],
  );
  if (findings.length > 0) throw new UserError(findings);
  const texts = await Promise.all(
    own.map(async (path) => [path, decode(path, await workspace.read(path))] as const),
  );
  return new Map(texts);
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    // The mark at the start stays, so that it is written back.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${path} is not UTF-8 text; save it as UTF-8`, { cause });
  }
}

/** @returns the commit, or `undefined` when none was asked for */
async function apply(plan: BumpPlan, inputs: Inputs, ports: Ports): Promise<string | undefined> {
  const { workspace, sourceControl } = ports;
  // Asked first: without a commit to stand on there is nothing to do, and the files stay as they are.
  const head = inputs.commit ? await sourceControl.head() : undefined;
  await workspace.apply(new Map(plan.edits.map(({ path, after }) => [path, after])));
  if (head === undefined) return undefined;
  const message = bumpMessage(inputs.environment, plan.edits, inputs.sourceCommit ?? head);
  try {
    return await sourceControl.commit({ message, paths: plan.edits.map(({ path }) => path) });
  } catch (error) {
    await workspace.apply(new Map(plan.edits.map(({ path, before }) => [path, before])));
    throw error;
  }
}

/**
 * A commit that stayed here would be taken for a bump by the next run, which would then push nothing.
 *
 * @returns whether it is pushed; when not, the branch has moved
 */
async function pushOrTakeBack(
  branch: string,
  commit: string,
  sourceControl: SourceControl,
): Promise<boolean> {
  let outcome: "pushed" | "moved" | UserError;
  try {
    outcome = await sourceControl.push(branch);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    outcome = error;
  }
  if (outcome === "pushed") return true;
  await sourceControl.takeBack(commit);
  if (outcome === "moved") return false;
  throw new UserError(`Nothing was bumped: ${outcome.message}`, { cause: outcome });
}
