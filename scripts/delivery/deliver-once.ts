// One delivery in a process of its own, so that a test can kill it at any moment.

import type { Inputs } from "../../actions/bump-images/inputs.ts";
import { run } from "../../actions/bump-images/run.ts";
import { connectDelivery } from "../../actions/lib/adapters/connect-delivery.ts";
import type { GitHubOptions } from "../../actions/lib/adapters/github-client.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";

/** What is delivered, from which clone, through which GitHub; without one, by plain Git. */
export interface OneDelivery {
  root: string;
  inputs: Inputs;
  github: GitHubOptions | undefined;
}

const given = JSON.parse(process.argv[2] ?? "{}") as OneDelivery;
const connected = connectDelivery({
  root: given.root,
  identity: given.inputs.committer,
  github: given.github,
  logger: terminalLogger(),
});
const result = await run(given.inputs, connected);
console.log(JSON.stringify(result.outputs));
