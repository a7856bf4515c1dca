import { type ClusterOptions, parseClusterOptions } from "../cluster/options.ts";

/** The environment that is tried. */
export const environment = "local";

/** What the command line would say, so that its defaults are these. */
export function clusterOptions(...argv: readonly string[]): ClusterOptions {
  const options = parseClusterOptions([...argv, "--environment", environment]);
  if (options === undefined) throw new Error(`npm run cluster -- ${argv.join(" ")} asks for help`);
  return options;
}
