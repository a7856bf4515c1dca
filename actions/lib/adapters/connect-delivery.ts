import type { Deployments, EnvironmentHealth } from "../ports/deployments.ts";
import type { History } from "../ports/history.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { Logger } from "../ports/logger.ts";
import type { PullRequests } from "../ports/pull-requests.ts";
import type { SignatureVerifier } from "../ports/signing.ts";
import type { SourceControl } from "../ports/source-control.ts";
import type { Wait } from "../ports/wait.ts";
import type { Workspace } from "../ports/workspace.ts";
import { type GitIdentity, git } from "./git.ts";
import { gitHistory } from "./git-history.ts";
import { gitWorkspace } from "./git-workspace.ts";
import { type GitHubOptions, gitAuthentication } from "./github-client.ts";
import { githubCommits } from "./github-commits.ts";
import { githubDeployments } from "./github-deployments.ts";
import { githubPullRequests } from "./github-pull-requests.ts";
import { ociRegistry } from "./oci-registry.ts";
import { wait } from "./wait.ts";

interface Connected {
  workspace: Workspace;
  sourceControl: SourceControl;
  pullRequests?: PullRequests;
  deployments?: Deployments;
  health?: EnvironmentHealth;
  history: History;
  evidence: ImageEvidence;
  verifier: SignatureVerifier;
  wait: Wait;
  logger: Logger;
}

/**
 * Everything that an action which writes to Git works through.
 *
 * @param options the checkout, who commits, and GitHub where there is one
 */
export function connectDelivery(options: {
  root: string;
  identity: GitIdentity;
  github: GitHubOptions | undefined;
  logger: Logger;
}): Connected {
  const { root, identity, github, logger } = options;
  const local = { root, identity };
  const shared = {
    workspace: gitWorkspace(root),
    evidence: ociRegistry(),
    verifier: lazyVerifier(),
    wait,
    logger,
  };
  if (github === undefined) return { ...shared, sourceControl: git(local), history: gitHistory(local) };
  const deployments = githubDeployments(github, logger);
  return {
    ...shared,
    deployments,
    health: deployments,
    sourceControl: githubCommits(local, github, logger),
    pullRequests: githubPullRequests(local, github, logger),
    history: gitHistory({ ...local, env: gitAuthentication(github) }),
  };
}

/** Loaded only where an environment asks for signatures: most of the time of a small bump would be this. */
function lazyVerifier(): SignatureVerifier {
  let loaded: Promise<SignatureVerifier> | undefined;
  return {
    verify: async (bundle, trust) => {
      loaded ??= import("./sigstore-verifier.ts").then(({ sigstoreVerifier }) => sigstoreVerifier());
      return (await loaded).verify(bundle, trust);
    },
  };
}
