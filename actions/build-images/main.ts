import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { gitWorkspace } from "../lib/adapters/git-workspace.ts";
import { ociRegistry } from "../lib/adapters/oci-registry.ts";
import { workspaceFolder } from "../lib/adapters/places.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, () => ({
  workspace: gitWorkspace(workspaceFolder()),
  registry: ociRegistry(),
  logger: actionsLogger(),
}));
