import { UserError } from "../actions/lib/domain/user-error.ts";
import { down } from "./cluster/down.ts";
import { buildForEnvironment } from "./cluster/images/build-for-environment.ts";
import { showLog } from "./cluster/logs.ts";
import { type ClusterOptions, clusterHelp, parseClusterOptions } from "./cluster/options.ts";
import { clusterPlaces } from "./cluster/places.ts";
import { showStatus } from "./cluster/show-status.ts";
import { up } from "./cluster/up.ts";
import { upOnContext } from "./cluster/up-on-context.ts";
import { repositoryRoot } from "./setup/repository.ts";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function run(options: ClusterOptions): Promise<void> {
  const places = clusterPlaces();
  switch (options.verb) {
    case "up":
      return options.context === undefined
        ? up(places, options)
        : upOnContext(options.context, repositoryRoot, options);
    case "images":
      return buildForEnvironment(repositoryRoot, options);
    case "status":
      return showStatus(places, options, print);
    case "logs":
      return showLog(places, options.component, options.follow);
    case "down": {
      const ended = await down(places, (line) => print(`  ${line}`));
      print(ended ? "The cluster is gone; its caches are kept." : `There is no cluster in ${places.state}.`);
    }
  }
}

try {
  const options = parseClusterOptions(process.argv.slice(2));
  if (options === undefined) print(clusterHelp);
  else await run(options);
} catch (error) {
  // A mistake of the user's has no stack trace; a bug has one.
  const text =
    error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nerror: ${text}\n`);
  process.exitCode = 1;
}
