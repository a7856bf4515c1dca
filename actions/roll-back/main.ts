import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import { connectRecords } from "../lib/adapters/connect-records.ts";
import { githubOptions } from "../lib/adapters/github-client.ts";
import { workspaceFolder } from "../lib/adapters/places.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, (inputs) => ({
  ...connectDelivery({
    root: workspaceFolder(),
    identity: inputs.committer,
    github: githubOptions(inputs.githubToken, process.env),
    logger: actionsLogger(),
  }),
  records: connectRecords(inputs.records),
}));
