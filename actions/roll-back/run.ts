import { type DeliveryPorts, deliverEdits } from "../lib/delivery/deliver-edits.ts";
import { readRecords } from "../lib/delivery/plan-ordered-bump.ts";
import { type DeliveredThen, deliveredAt } from "../lib/delivery/read-deliveries.ts";
import { readDeliverySettings, readOverlays } from "../lib/delivery/read-overlays.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import { parseMoment } from "../lib/domain/moment.ts";
import type { History } from "../lib/ports/history.ts";
import type { RecordsPlace } from "../lib/ports/record-store.ts";
import { renderBump } from "../lib/render/render-bump.ts";
import { renderDiff } from "../lib/render/render-diff.ts";
import type { Inputs } from "./inputs.ts";
import { chooseTarget, planLift, planRollBack } from "./plan-roll-back.ts";

/** What this action works through. */
export interface Ports extends DeliveryPorts {
  history: History;
  /** What was delivered when; `undefined` where nobody keeps records. */
  records?: RecordsPlace | undefined;
}

/**
 * Brings the images of an earlier bump back, in one commit, and holds them: no later bump moves them before there is
 * something newer than what was bad. Or lifts holds.
 *
 * @param inputs which environment, how far back, and how far to go
 * @param ports the repository's files, its history, the server, the log
 * @returns the outputs `changed`, `commit`, `pull-request` and `to`
 * @throws UserError when there is nothing to go back to, or the commit is refused
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const { environment, dryRun, pushBranch, lift } = inputs;
  const { history, workspace, sourceControl, logger } = ports;
  // First, so that a name that is none is told as such.
  await readOverlays(environment, workspace);
  const settings = await readDeliverySettings(environment, workspace);
  const records = await readRecords(environment, history);
  // Chosen once: a bump that comes in between is not what was to be undone.
  const then = await readThen(inputs, ports);
  const wanted = then?.commit ?? inputs.to;
  const goal =
    lift.length > 0
      ? undefined
      : await chooseTarget(environment, wanted, await sourceControl.head(), records, history);
  const way = inputs.way ?? settings.way;
  const target = { environment, way, dryRun, commit: true, pushBranch, done: "rolled back" };
  const { plan, commit, pullRequest } = await deliverEdits(target, ports, async () => {
    const overlays = await readOverlays(environment, workspace);
    if (goal === undefined) return planLift(environment, lift, overlays);
    const head = await sourceControl.head();
    return planRollBack(environment, goal, overlays, await readRecords(environment, history), head, history);
  });
  for (const { path, before, after } of plan.bumps) logger.info(renderDiff(path, before, after).trimEnd());
  const lines = [
    ...(then === undefined ? [] : [then.told]),
    ...plan.holds.map(
      ({ image, newerThan }) =>
        `${image} is held until it is built from a commit newer than ${newerThan.slice(0, 12)}, or until the hold is lifted.`,
    ),
    ...plan.left,
  ];
  for (const line of lines) logger.info(line);
  const changed = plan.edits.length > 0;
  if (!changed) logger.info("Nothing to roll back: the overlays name these images already.");
  return {
    ok: true,
    outputs: {
      changed: String(changed),
      commit: commit ?? "",
      "pull-request": pullRequest?.url ?? "",
      to: goal ?? "",
    },
    summary: summarize(inputs, plan.bumps, { commit, pullRequest: pullRequest?.url, lines, changed }),
    annotations: [],
  };
}

async function readThen(
  { environment, to }: Inputs,
  { history, records }: Ports,
): Promise<DeliveredThen | undefined> {
  const timeMs = to === undefined ? undefined : parseMoment(to);
  if (timeMs === undefined) return undefined;
  return deliveredAt(environment, timeMs, records, history);
}

function summarize(
  { environment, dryRun, lift }: Inputs,
  bumps: Parameters<typeof renderBump>[0],
  told: { commit: string | undefined; pullRequest: string | undefined; lines: string[]; changed: boolean },
): string {
  if (lift.length > 0) {
    const what = told.changed ? `Lifted: ${lift.join(", ")}.` : "Nothing was held.";
    return `### Holds of ${environment}\n\n${what}\n`;
  }
  const { commit, pullRequest } = told;
  return renderBump(bumps, { environment, commit, dryRun, title: "Roll-back", pullRequest }, told.lines);
}
