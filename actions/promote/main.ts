import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import { githubOptions } from "../lib/adapters/github-client.ts";
import { workspaceFolder } from "../lib/adapters/places.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, ({ committer, githubToken }) =>
  connectDelivery({
    root: workspaceFolder(),
    identity: committer,
    github: githubOptions(githubToken, process.env),
    logger: actionsLogger(),
  }),
);
