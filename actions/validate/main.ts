import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectValidation } from "../lib/adapters/connect-validation.ts";
import { gitChanges } from "../lib/adapters/git-changes.ts";
import { toolsFolder, workspaceFolder } from "../lib/adapters/places.ts";
import { reportFolder } from "../lib/adapters/report-folder.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(
  loadInputs,
  run,
  ({ report }) => ({
    ...connectValidation(workspaceFolder(), toolsFolder()),
    changes: gitChanges(workspaceFolder()),
    ...(report === undefined ? {} : { reports: reportFolder(report) }),
    logger: actionsLogger(),
  }),
  { couldNotRun: 2 },
);
