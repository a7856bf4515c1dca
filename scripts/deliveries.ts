import { parseArgs } from "node:util";
import { connectRecords } from "../actions/lib/adapters/connect-records.ts";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import { recordsInput } from "../actions/lib/host/delivery-inputs.ts";
import { runInTerminal } from "../actions/lib/host/run-in-terminal.ts";
import { givenRecords, recordsHelp, recordsOptions } from "./delivery/records-options.ts";
import { tellDeliveries } from "./delivery/tell-deliveries.ts";

const help = `Usage: npm run deliveries -- ENVIRONMENT [OPTIONS]

Tells from the store of records what was delivered to an environment when, the newest first.

  --limit N       how many; 20 without it
  --at TIME       one record whole: what the environment ran at that time (2026-11-20T12:00Z)
  --at COMMIT     the same of the delivery with this commit, of which the first digits do
${recordsHelp}
  --help          show this

Exit codes: 0 told, 1 nothing was delivered, or the store cannot be read.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "20" },
    at: { type: "string" },
    ...recordsOptions,
    help: { type: "boolean" },
  },
});
const [environment = "", ...rest] = positionals;
if (values.help || environment === "" || rest.length > 0) {
  console.log(help);
  process.exitCode = values.help ? 0 : 1;
} else {
  await runInTerminal(async () => {
    const given = givenRecords(values, process.env);
    const records = connectRecords(recordsInput((name) => given[name]));
    const asked = { environment, limit: values.limit, at: values.at };
    console.log(await tellDeliveries(asked, records, gitWorkspace(process.cwd())));
    return { ok: true, outputs: {}, summary: "", annotations: [] };
  });
}
