import { parseArgs } from "node:util";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/** What `npm run demo` was asked to do. */
export interface DemoOptions {
  /** A CSV of real records to serve instead of the API or the sample. */
  source: string | undefined;
  /** Leave Airflow and the registry running until Ctrl-C. */
  keep: boolean;
  /** Forget what earlier demos left. */
  fresh: boolean;
  /** Run the data even though nothing changed. */
  rerun: boolean;
  help: boolean;
  ports: { registry: number; airflow: number; api: number };
}

export const demoHelp = `npm run demo -- [options]
npm run demo -- ecommerce [options]     another pipeline, from a database to four marts: see its own --help

Takes one change of the breweries pipeline through the whole loop on this machine: validate, build, push, bump,
render, and Airflow and Spark run what was built, from bronze to the gold table. No Docker, no cluster, no account. Your checkout stays
as it is: the change (yours, when the working tree has one; else one that the demo makes) is delivered in a
scratch copy.

  --source FILE.csv     serve these records instead of the real API or the sample
  --keep                leave Airflow and the registry running, to look around, until Ctrl-C
  --rerun               run the data even when nothing changed since the last demo
  --fresh               forget what earlier demos left: scratch copy, registry, store, Airflow
  --registry-port N     the registry's port on loopback (default 5001)
  --airflow-port N      Airflow's port on loopback (default 8080)
  --api-port N          the port of the loopback API, where one is needed (default 8089)
  -h, --help            this page

Time: about 4 minutes the first time (it downloads and builds what it needs), about a minute after that, and a
few seconds when nothing changed.`;

/**
 * Reads the demo's arguments.
 *
 * @param argv the arguments after the script's name
 * @throws UserError on an unknown option or a port that is not one
 */
export function parseDemoOptions(argv: readonly string[]): DemoOptions {
  const { values } = parse(argv);
  return {
    source: values.source,
    keep: values.keep ?? false,
    fresh: values.fresh ?? false,
    rerun: values.rerun ?? false,
    help: values.help ?? false,
    ports: {
      registry: port("--registry-port", values["registry-port"] ?? "5001"),
      airflow: port("--airflow-port", values["airflow-port"] ?? "8080"),
      api: port("--api-port", values["api-port"] ?? "8089"),
    },
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        source: { type: "string" },
        keep: { type: "boolean" },
        fresh: { type: "boolean" },
        rerun: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        "registry-port": { type: "string" },
        "airflow-port": { type: "string" },
        "api-port": { type: "string" },
      },
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${problem}; see npm run demo -- --help`, { cause: error });
  }
}

function port(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new UserError(`${flag} ${text}: expected a port from 1 to 65535`);
  }
  return value;
}
