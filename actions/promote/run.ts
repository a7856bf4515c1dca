import { compareContents } from "../lib/delivery/compare-contents.ts";
import { type DeliveryPorts, deliverEdits } from "../lib/delivery/deliver-edits.ts";
import { deliveredAt } from "../lib/delivery/read-deliveries.ts";
import { readDeliverySettings, readOverlays } from "../lib/delivery/read-overlays.ts";
import { imageVerification, readTrustedSigner, type VerifyPorts } from "../lib/delivery/verify-images.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import { movesOf } from "../lib/domain/bump-message.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { EnvironmentHealth } from "../lib/ports/deployments.ts";
import type { History } from "../lib/ports/history.ts";
import type { RecordsPlace } from "../lib/ports/record-store.ts";
import { renderBump } from "../lib/render/render-bump.ts";
import { renderDiff } from "../lib/render/render-diff.ts";
import type { Inputs } from "./inputs.ts";
import { planPromotion } from "./plan-promotion.ts";
import { whyUnproved } from "./why-unproved.ts";

/** What this action works through. */
export interface Ports extends DeliveryPorts, VerifyPorts {
  history: History;
  /** Knows how environments are; `undefined` when nobody does. */
  health?: EnvironmentHealth | undefined;
  /** What was delivered when; `undefined` where nobody keeps records. */
  records?: RecordsPlace | undefined;
}

/**
 * Makes one environment name exactly the images that another one runs: all of them or none.
 *
 * @param inputs from where, to where, and how far to go
 * @param ports the repository's files, its history, the server, the log
 * @returns the outputs `changed`, `commit` and `pull-request`
 * @throws UserError when the one environment is not healthy, the other one is ahead, holds an image, runs what nothing tells the source of, or what is not
 *   signed as the other one asks
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const { from, to, dryRun, pushBranch } = inputs;
  const { logger } = ports;
  const settings = await readDeliverySettings(to, ports.workspace);
  // A name that is none is told as such.
  await readOverlays(from, ports.workspace, "from");
  const { at } = inputs;
  const then = at === undefined ? undefined : await deliveredAt(from, at, ports.records, ports.history);
  if (then !== undefined) logger.info(then.told);
  const unproved = inputs.unproved
    ? undefined
    : await whyUnproved(from, then?.commit, ports.health, ports.history);
  // The difference may be looked at before.
  if (unproved !== undefined && !dryRun) throw new UserError(`Nothing was promoted: ${unproved}`);
  if (unproved !== undefined) logger.warning(`It would be refused: ${unproved}`);
  const way = inputs.way ?? settings.way;
  const target = { environment: to, way, dryRun, commit: true, pushBranch, done: "promoted" };
  const signer = await readTrustedSigner(to, settings, ports.workspace);
  const verify = imageVerification(signer, ports);
  const { plan, commit, pullRequest } = await deliverEdits(target, ports, async (pending) => {
    const planned = await planPromotion(inputs, settings.repoURL, pending, then?.commit, ports);
    await verify(planned.moving);
    if (way === "commit" || planned.proposal === undefined) return planned;
    const { title, body } = planned.proposal;
    const contents = await compareContents(movesOf(planned.bumps), ports.evidence);
    return { ...planned, proposal: { title, body: body + contents } };
  });
  for (const { path, before, after } of plan.bumps) logger.info(renderDiff(path, before, after).trimEnd());
  for (const line of plan.skipped) logger.info(line);
  if (plan.bumps.length === 0)
    logger.info(
      `Nothing to promote: ${to} names ${then === undefined ? "the" : "these"} images of ${from} already.`,
    );
  const told = {
    environment: to,
    commit,
    dryRun,
    title: `Promotion from ${from}`,
    pullRequest: pullRequest?.url,
  };
  return {
    ok: true,
    outputs: {
      changed: String(plan.bumps.length > 0),
      commit: commit ?? "",
      "pull-request": pullRequest?.url ?? "",
    },
    summary: renderBump(plan.bumps, told, [...(then === undefined ? [] : [then.told]), ...plan.skipped]),
    annotations: [],
  };
}
