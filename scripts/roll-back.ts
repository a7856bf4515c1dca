import { parseArgs } from "node:util";
import { loadInputs } from "../actions/roll-back/inputs.ts";
import { run } from "../actions/roll-back/run.ts";
import { givenRecords, recordsHelp, recordsOptions } from "./delivery/records-options.ts";
import { runDelivery } from "./delivery/run-delivery.ts";

const help = `Usage: npm run roll-back -- ENVIRONMENT [OPTIONS]

Brings the images of an earlier bump back, in one commit, and holds them until something newer than the bad is built.

  --to COMMIT     the commit whose images come back; the one before the last bump without it
  --to TIME       the same, by when it ran: 2026-11-20T12:00Z
  --lift A,B      end the holds on these images (or \`all\`) instead
  --push BRANCH   push the commit to this branch of origin; without it the commit stays here
  --dry-run       show the difference, change nothing
${recordsHelp}
  --help          show this

Exit codes: 0 done or nothing to do, 1 refused.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    to: { type: "string" },
    lift: { type: "string" },
    push: { type: "string" },
    "dry-run": { type: "boolean" },
    ...recordsOptions,
    help: { type: "boolean" },
  },
});
const [environment = "", ...rest] = positionals;
if (values.help || environment === "" || rest.length > 0) {
  console.log(help);
  process.exitCode = values.help ? 0 : 1;
} else {
  const { to, lift, push } = values;
  const records = givenRecords(values, process.env);
  const given = { environment, to, lift, "push-branch": push, "dry-run": values["dry-run"], ...records };
  await runDelivery(given, loadInputs, run);
}
