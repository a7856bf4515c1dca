// One build and push in a process of its own: another user's, with another clock's zone and another umask.

import { run } from "../../actions/build-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";

const [root = "", registry = ""] = process.argv.slice(2);
const ports = await connectBuilding({ root, logger: terminalLogger() });
const inputs = { registry, baseImage: undefined, airflowImage: undefined, pipelines: [], dryRun: false };
console.log((await run(inputs, ports)).outputs.images);
