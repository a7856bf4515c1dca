import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectValidation } from "../lib/adapters/connect-validation.ts";
import { toolsFolder, workspaceFolder } from "../lib/adapters/places.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, () => ({
  ...connectValidation(workspaceFolder(), toolsFolder()),
  logger: actionsLogger(),
}));
