import { parseArgs } from "node:util";
import { argoCdHealth } from "../actions/lib/adapters/argo-cd-health.ts";
import { loadInputs } from "../actions/promote/inputs.ts";
import { run } from "../actions/promote/run.ts";
import { findKubectl } from "./cluster/find-kubectl.ts";
import { givenRecords, recordsHelp, recordsOptions } from "./delivery/records-options.ts";
import { runDelivery } from "./delivery/run-delivery.ts";

const help = `Usage: npm run promote -- FROM TO [OPTIONS]

Makes the overlays of TO name exactly the images that FROM runs, in one commit.

  --context NAME  kubectl's name for the cluster of FROM: its Argo CD says whether it is healthy
  --unproved      promote though nothing tells that FROM is healthy
  --at TIME       what FROM ran then (2026-11-20T12:00Z) instead of what it runs now
  --images A,B    only these images
  --push BRANCH   push the commit to this branch of origin; without it the commit stays here
  --dry-run       show the difference, change nothing
${recordsHelp}
  --help          show this

Exit codes: 0 done or nothing to do, 1 refused.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    context: { type: "string" },
    unproved: { type: "boolean" },
    images: { type: "string" },
    push: { type: "string" },
    "dry-run": { type: "boolean" },
    at: { type: "string" },
    ...recordsOptions,
    help: { type: "boolean" },
  },
});
const [from = "", to = "", ...rest] = positionals;
if (values.help || to === "" || rest.length > 0) {
  console.log(help);
  process.exitCode = values.help ? 0 : 1;
} else {
  const { context, images, unproved = false } = values;
  const given = {
    ...{ from, to, at: values.at, images, unproved, "push-branch": values.push },
    "dry-run": values["dry-run"],
    ...givenRecords(values, process.env),
  };
  const health = context === undefined ? undefined : argoCdHealth(await findKubectl(), context);
  await runDelivery(given, loadInputs, (inputs, ports) => run(inputs, { ...ports, health }));
}
