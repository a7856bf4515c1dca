import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectBuilding } from "../lib/adapters/connect-building.ts";
import { workspaceFolder } from "../lib/adapters/places.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, ({ keyless, signingKey }) =>
  connectBuilding({ root: workspaceFolder(), keyless, signingKey, logger: actionsLogger() }),
);
