import { parseArgs } from "node:util";
import { didYouMean } from "../../actions/lib/domain/did-you-mean.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/** The groups of checks, in the order in which they run, with what each shows. */
export const groups = {
  waves: "from nothing: all Applications healthy, in the order of their waves",
  pipeline: "the breweries, bronze to gold, counted against the source",
  change: "a change of the gold SQL: synced at once, and only what it touches restarts",
  drift: "a hand edit is put back, what leaves Git is pruned",
  rights: "what every service account may do, against a committed list",
  ecommerce: "a shop's database, a full load and two days, to marts that PostgreSQL counts too",
  faults: "what is killed in mid-work comes back, with the same rows",
  notifications: "what became of a delivery is told to GitHub",
  mistakes: "what is wrong in Git is told in a line, with what to do",
  hold: "a database that never gets ready holds every later wave, at an update and at the first sync",
  secrets: "no value of a secret is printed anywhere",
} as const;

export type Group = keyof typeof groups;

/** Minutes that a group takes at most on two cores. */
const longest: Readonly<Record<Group, number>> = {
  waves: 1,
  pipeline: 6,
  change: 9,
  drift: 1,
  rights: 1,
  ecommerce: 20,
  faults: 12,
  notifications: 1,
  mistakes: 3,
  hold: 5,
  secrets: 1,
};

/** What `npm run e2e` was asked to do. */
export interface E2eOptions {
  /** A CSV of real records; the repository's sample when not said. */
  source: string | undefined;
  only: readonly Group[];
  /** Take the cluster that is up, and leave it up. */
  reuse: boolean;
  /** Leave the cluster up. */
  keep: boolean;
  updateRights: boolean;
  /** Minutes after which all of it should have ended; no end when not said. */
  minutes: number | undefined;
  dryRun: boolean;
  help: boolean;
}

export const e2eHelp = `npm run e2e -- [options]

Brings up a real Kubernetes cluster on this machine, lets Argo CD sync the whole platform from Git, runs the
breweries there through Airflow and the Spark operator, breaks things, and checks that all holds. Then it ends the
cluster. It needs Linux and root; elsewhere it says so and counts itself skipped. The last line is
\`N passed, N failed\`.

  --source FILE.csv   serve these records instead of the repository's sample
  --only GROUP        only this group (and bringing up what it needs); may be given again
  --minutes N         begin no group that might not end within N minutes of the start; those are named, and not counted
  --keep              leave the cluster up
  --reuse             take the cluster that is up, and leave it up
  --dry-run           say what is in the way, and what would be checked
  --update-rights     write scripts/e2e/rights.txt anew from what is found, to be reviewed
  -h, --help          this page

Groups:
${Object.entries(groups)
  .map(([name, about]) => `  ${name.padEnd(14)} ${about}`)
  .join("\n")}`;

/**
 * Reads the command line.
 *
 * @throws UserError on an unknown option or group
 */
export function parseE2eOptions(argv: readonly string[]): E2eOptions {
  const values = parse(argv);
  const known = Object.keys(groups) as Group[];
  const only = (values.only ?? []).map((name) => {
    const group = known.find((one) => one === name);
    if (group !== undefined) return group;
    throw new UserError(
      `there is no group ${name}; ${didYouMean(name, known) ?? `there are ${known.join(", ")}`}`,
    );
  });
  return {
    source: values.source,
    only: only.length === 0 ? known : only,
    reuse: values.reuse ?? false,
    keep: values.keep ?? false,
    updateRights: values["update-rights"] ?? false,
    minutes: readMinutes(values.minutes),
    dryRun: values["dry-run"] ?? false,
    help: values.help ?? false,
  };
}

function readMinutes(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new UserError(`--minutes ${value}: expected a whole number, for instance --minutes 60`);
}

/**
 * Why a group is left out for want of time; undefined when there is enough.
 *
 * @param elapsedSeconds since the start of the whole run
 */
export function whyNoTime(
  { minutes }: Pick<E2eOptions, "minutes">,
  group: Group,
  elapsedSeconds: number,
): string | undefined {
  if (minutes === undefined || elapsedSeconds / 60 + longest[group] <= minutes) return undefined;
  const left = Math.max(0, Math.floor(minutes - elapsedSeconds / 60));
  return `${group} was skipped: ${left} of ${minutes} minutes are left, and it takes up to ${longest[group]}`;
}

function parse(argv: readonly string[]) {
  try {
    const boolean = { type: "boolean" } as const;
    return parseArgs({
      args: [...argv],
      options: {
        source: { type: "string" },
        only: { type: "string", multiple: true },
        minutes: { type: "string" },
        reuse: boolean,
        keep: boolean,
        "update-rights": boolean,
        "dry-run": boolean,
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${problem}; see npm run e2e -- --help`, { cause: error });
  }
}
