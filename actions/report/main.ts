import { actionsLogger } from "../lib/adapters/actions-core.ts";
import { connectReport } from "../lib/adapters/connect-report.ts";
import { runAction } from "../lib/host/run-action.ts";
import { loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

await runAction(loadInputs, run, (inputs) => connectReport(inputs, process.env, actionsLogger()));
