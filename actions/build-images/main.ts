import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { craneRegistry } from "../lib/adapters/crane.ts";
import { gitWorkspace } from "../lib/adapters/git-workspace.ts";
import { goTool } from "../lib/adapters/go-tools.ts";
import { toolsFolder, workspaceFolder } from "../lib/adapters/places.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, async () => ({
  workspace: gitWorkspace(workspaceFolder()),
  registry: craneRegistry({ program: await goTool("crane", toolsFolder()) }),
  logger: actionsLogger(),
}));
