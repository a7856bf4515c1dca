import { parseArgs } from "node:util";
import { didYouMean } from "../../actions/lib/domain/did-you-mean.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";

export const verbs = ["up", "status", "logs", "down"] as const;

/** What `npm run cluster` was asked to do. */
export interface ClusterOptions {
  verb: (typeof verbs)[number];
  /** Whose log to show; all are listed when it is not said. */
  component: string | undefined;
  /** An existing cluster, as kubectl's configuration names it; a cluster of our own when not said. */
  context: string | undefined;
  environment: string;
  /** Only the cluster itself, with nothing on it. */
  bare: boolean;
  dryRun: boolean;
  /** Enforce NetworkPolicies. */
  policies: boolean;
  /** Go on showing a log as it grows. */
  follow: boolean;
}

export const clusterHelp = `npm run cluster -- VERB [options]

  up                 bring up the platform, or what of it is missing: a Kubernetes cluster of one node from host
                     processes, a registry, a Git server, the images, Argo CD; then wait until all is healthy
  status             the processes, the node, and each Application with its wave
  logs [COMPONENT]   the end of one process's log; without a name, which there are
  down               end all of it and leave the machine as it was; caches stay

  --context NAME     use a cluster that exists (minikube, kind, EKS, GKE): up only installs Argo CD and the root
  --environment ENV  the overlay to install (default local)
  --bare             up: only the cluster, with nothing on it
  --no-policies      up: do not enforce NetworkPolicies
  --follow           logs: go on as it grows
  --dry-run          up: say what is in the way, and what would be done
  -h, --help         this page

A cluster of its own needs Linux and root. Its state is in /var/lib/wavehouse-cluster (WAVEHOUSE_CLUSTER_DIR), what is
kept between clusters in ~/.cache/wavehouse (WAVEHOUSE_CACHE).`;

/**
 * Reads the command line.
 *
 * @param argv the arguments after the script's name
 * @returns `undefined` when help is asked for
 * @throws UserError on an unknown verb or option
 */
export function parseClusterOptions(argv: readonly string[]): ClusterOptions | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [verb, component, ...rest] = positionals;
  const known = verbs.find((name) => name === verb);
  if (known === undefined) throw new UserError(unknownVerb(verb));
  const surplus = known === "logs" ? rest : positionals.slice(1);
  if (surplus.length > 0)
    throw new UserError(`${known} takes no ${surplus[0]}; see npm run cluster -- --help`);
  if (values.context !== undefined && (known === "logs" || known === "down")) {
    throw new UserError(
      `${known} is for a cluster of our own; with --context use kubectl --context ${values.context}`,
    );
  }
  return {
    verb: known,
    component,
    context: values.context,
    environment: values.environment ?? "local",
    bare: values.bare ?? false,
    dryRun: values["dry-run"] ?? false,
    policies: !(values["no-policies"] ?? false),
    follow: values.follow ?? false,
  };
}

function unknownVerb(verb: string | undefined): string {
  if (verb === undefined) return `what shall be done? ${verbs.join(", ")}; see npm run cluster -- --help`;
  const hint = didYouMean(verb, verbs);
  return `there is no ${verb}${hint === undefined ? `, only ${verbs.join(", ")}` : `; ${hint}`}`;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        context: { type: "string" },
        environment: { type: "string" },
        bare: { type: "boolean" },
        "no-policies": { type: "boolean" },
        "dry-run": { type: "boolean" },
        follow: { type: "boolean", short: "f" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${problem}; see npm run cluster -- --help`, { cause: error });
  }
}
