import type { ActionResult } from "../lib/domain/action-result.ts";
import { bumpMessage } from "../lib/domain/bump-message.ts";
import { checkSize } from "../lib/domain/decode-text.ts";
import { didYouMean } from "../lib/domain/did-you-mean.ts";
import { type BumpPlan, planBump } from "../lib/domain/plan-bump.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { SourceControl } from "../lib/ports/source-control.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { renderBump } from "../lib/render/render-bump.ts";
import { renderDiff } from "../lib/render/render-diff.ts";
import type { Inputs } from "./inputs.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  sourceControl: SourceControl;
  logger: Logger;
}

/**
 * Makes the overlays of an environment name the images: all files or none, in one commit or none.
 *
 * @param inputs which images, where, and how far to go
 * @param ports the repository's files, its history, the log
 * @returns the outputs `changed` and `commit`
 * @throws UserError when an overlay cannot be edited, when no overlay names an image, or when Git refuses
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const kustomizations = await readKustomizations(inputs.environment, ports.workspace);
  const plan = planBump(kustomizations, inputs.images);
  if (plan.findings.length > 0) throw new UserError(plan.findings);
  for (const { path, before, after } of plan.edits)
    ports.logger.info(renderDiff(path, before, after).trimEnd());
  const commit = inputs.dryRun || plan.edits.length === 0 ? undefined : await apply(plan, inputs, ports);
  if (plan.edits.length === 0) ports.logger.info("Nothing to bump: the overlays name these images already.");
  return {
    ok: true,
    outputs: { changed: String(plan.edits.length > 0), commit: commit ?? "" },
    summary: renderBump(plan.edits, { environment: inputs.environment, commit, dryRun: inputs.dryRun }),
    annotations: [],
  };
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
  const { workspace, sourceControl, logger } = ports;
  // Asked first: without a commit to stand on there is nothing to do, and the files stay as they are.
  const source = inputs.commit ? await sourceControl.head() : undefined;
  await workspace.apply(new Map(plan.edits.map(({ path, after }) => [path, after])));
  if (source === undefined) return undefined;
  const message = bumpMessage(inputs.environment, plan.edits, source);
  let commit: string | undefined;
  try {
    commit = await sourceControl.commit({ message, paths: plan.edits.map(({ path }) => path) });
  } catch (error) {
    await workspace.apply(new Map(plan.edits.map(({ path, before }) => [path, before])));
    throw error;
  }
  if (commit === undefined || inputs.pushBranch === undefined) return commit;
  await push(inputs.pushBranch, commit, sourceControl);
  logger.info(`Pushed ${commit} to ${inputs.pushBranch}.`);
  return commit;
}

async function push(branch: string, commit: string, sourceControl: SourceControl): Promise<void> {
  try {
    await sourceControl.push(branch);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`The bump is commit ${commit} here, but it is not pushed: ${error.message}`, {
      cause: error,
    });
  }
}
