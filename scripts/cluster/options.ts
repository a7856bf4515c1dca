import { parseArgs } from "node:util";
import { didYouMean } from "../../actions/lib/domain/did-you-mean.ts";
import { parseRegistry } from "../../actions/lib/domain/image-reference.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";

export const verbs = ["up", "images", "status", "logs", "down"] as const;

/** What `npm run cluster` was asked to do. */
export interface ClusterOptions {
  verb: (typeof verbs)[number];
  /** Whose log to show; all are listed when it is not said. */
  component: string | undefined;
  /** An existing cluster, as kubectl's configuration names it; a cluster of our own when not said. */
  context: string | undefined;
  environment: string;
  /** Where this machine reaches the environment's registry, when by another address. */
  registry: string | undefined;
  /** The Debian that images stand on. */
  baseImage: string | undefined;
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
  images             build what another environment's registry lacks of the images that this repository makes, and
                     write them into its overlay; to commit and push it is yours
  status             the processes, the node, and each Application with its wave
  logs [COMPONENT]   the end of one process's log; without a name, which there are
  down               end all of it and leave the machine as it was; caches stay

  --context NAME     use a cluster that exists (minikube, kind, EKS, GKE): up only installs Argo CD and the root;
                     images reaches the registry inside it
  --environment ENV  the overlay to install, or to build for (default local)
  --registry HOST    images: where this machine reaches the environment's registry, when by another address
  --base-image REF   images: the Debian bookworm to stand on (default docker.io/library/debian:bookworm-slim with
                     Docker; without it, one made from Debian's packages)
  --bare             up: only the cluster, with nothing on it
  --no-policies      up: do not enforce NetworkPolicies
  --follow           logs: go on as it grows
  --dry-run          up: say what is in the way; images: say what would be built
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
  for (const name of ["registry", "base-image"] as const) {
    if (values[name] !== undefined && known !== "images")
      throw new UserError(`--${name} is for images, not for ${known}`);
  }
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
    registry: values.registry === undefined ? undefined : parseRegistry(values.registry),
    baseImage: values["base-image"],
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
        registry: { type: "string" },
        "base-image": { type: "string" },
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
