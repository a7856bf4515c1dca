import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { git } from "../lib/adapters/git.ts";
import { gitWorkspace } from "../lib/adapters/git-workspace.ts";
import { workspaceFolder } from "../lib/adapters/places.ts";
import { wait } from "../lib/adapters/wait.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, ({ committer }) => ({
  workspace: gitWorkspace(workspaceFolder()),
  sourceControl: git({ root: workspaceFolder(), identity: committer }),
  wait,
  logger: actionsLogger(),
}));
