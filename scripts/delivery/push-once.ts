// One build and push in a process of its own, so that a test can kill it at any moment.

import { generateKeyPairSync } from "node:crypto";
import { run } from "../../actions/build-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";

const [root = "", registry = ""] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const signingKey = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const ports = await connectBuilding({ root, signingKey, logger: terminalLogger() });
// The test counts from here.
console.log("begun");
await run({ registry, baseImage: undefined, airflowImage: undefined, pipelines: [], dryRun: false }, ports);
