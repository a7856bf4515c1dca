import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectPrograms } from "../lib/adapters/connect-programs.ts";
import { connectValidation } from "../lib/adapters/connect-validation.ts";
import { gitChanges } from "../lib/adapters/git-changes.ts";
import { keepHeapSmall } from "../lib/adapters/keep-heap-small.ts";
import { toolsFolder, workspaceFolder } from "../lib/adapters/places.ts";
import { reportFolder } from "../lib/adapters/report-folder.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

function repositoryName(): { rememberAs?: string } {
  const { GITHUB_REPOSITORY } = process.env;
  return GITHUB_REPOSITORY === undefined ? {} : { rememberAs: GITHUB_REPOSITORY };
}

keepHeapSmall();
await runAction(
  loadInputs,
  run,
  ({ report, programs }) => ({
    // Each run has a folder of its own; what it remembers is the repository's.
    ...connectValidation(workspaceFolder(), toolsFolder(), repositoryName()),
    ...(programs ? connectPrograms(workspaceFolder(), toolsFolder()) : {}),
    changes: gitChanges(workspaceFolder()),
    ...(report === undefined ? {} : { reports: reportFolder(report) }),
    logger: actionsLogger(),
  }),
  { couldNotRun: 2 },
);
