import { availableParallelism } from "node:os";
import { join } from "node:path";
import { UserError } from "../domain/user-error.ts";
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import { atOnce } from "./at-once.ts";
import { explain } from "./explain-kustomize.ts";
import { goTool } from "./go-tools.ts";
import { findingAt, NO_MIRRORS, type ParsedKustomizations, Walk } from "./kustomization-walk.ts";
import { kustomizeBatches } from "./kustomize-batches.ts";
import { prepareMirrors, readMirrors } from "./mirrors.ts";
import { ProcessError, runProcess } from "./process.ts";

/** The pinned kustomize, and where it works. */
export interface KustomizeOptions {
  /** Absolute path of the repository. */
  root: string;
  /** Absolute path of the program. */
  kustomize: string;
  /** The folder of the pinned tools, whose mirrors serve charts and remote bases; without it there are none. */
  toolsDir?: string;
  /** A render is ended after this many milliseconds; 90,000 by default, after which Argo CD ends it, too. */
  timeoutMs?: number;
  /** Whether one process may render several folders; it may by default. */
  batches?: boolean;
}

/**
 * Renders with kustomize as Argo CD's repo-server does: `kustomize build --enable-helm <folder>`. Nothing is ever
 * fetched: charts and remote bases come from the mirrors of `scripts/tools/mirrors.yaml`, at the version that is
 * pinned there, and any other remote is the user's fault, since what it renders to is not in the commit.
 *
 * @param options the program and the repository
 */
export function kustomizeRenderer(options: KustomizeOptions): ManifestRenderer {
  const mirrors =
    options.toolsDir === undefined ? Promise.resolve(NO_MIRRORS) : readMirrors(options.toolsDir);
  // Told by the render that waits for it.
  mirrors.catch(() => undefined);
  const parsed: ParsedKustomizations = new Map();
  const limit = atOnce(availableParallelism());
  const inputs = new Map<string, ReturnType<Walk["inputs"]>>();
  const batch = kustomizeBatches(options.root, limit, (scratch) => runKustomize(options, [scratch], {}));
  return {
    render: async (folder) => {
      const walk = new Walk(options.root, await mirrors, parsed);
      await walk.start(folder);
      inputs.set(folder, walk.inputs());
      if (walk.findings.length > 0) throw new UserError(walk.findings);
      const alone = (): Promise<string> => build(options, folder, walk);
      if (options.batches !== false && walk.rendersAlike()) return batch(folder, alone);
      // Charts and remote bases take longest: what is begun last keeps one core busy alone.
      return limit(alone, { first: true });
    },
    inputs: async (folder) => inputs.get(folder),
  };
}

async function build(options: KustomizeOptions, folder: string, walk: Walk): Promise<string> {
  const remote = await connectMirrors(options, walk);
  try {
    return await runKustomize(options, [...remote.args, folder], remote.env);
  } catch (error) {
    if (!(error instanceof ProcessError) || error.failure === "not-found") throw error;
    // It says 1 of what is wrong with the files. A panic or a signal is no answer, so it is no finding.
    if (error.failure === "exit" && error.exitCode !== 1)
      throw new UserError(error.message, { cause: error });
    throw new UserError([await explain(error, folder, walk)], { cause: error });
  }
}

async function runKustomize(
  { kustomize, root, timeoutMs = 90_000 }: KustomizeOptions,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<string> {
  const { stdout } = await runProcess({
    file: kustomize,
    args: ["build", ...args],
    cwd: root,
    env: { ...OFFLINE, ...env },
    timeoutMs,
  });
  return stdout.toString("utf8");
}

/** Were a remote reference to slip through: no Git to clone with, and proxies that refuse. */
const OFFLINE = {
  PATH: "",
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
  http_proxy: "http://127.0.0.1:9",
  https_proxy: "http://127.0.0.1:9",
  NO_PROXY: "",
  no_proxy: "",
};

/** What kustomize is told besides, where the walk came upon charts and remote bases. */
async function connectMirrors(
  { toolsDir }: KustomizeOptions,
  { mirrored }: Walk,
): Promise<{ args: string[]; env: Record<string, string | undefined> }> {
  const first = mirrored[0];
  if (first === undefined || toolsDir === undefined) return { args: [], env: {} };
  try {
    const mirrors = await prepareMirrors({ toolsDir });
    const needsHelm = mirrored.some(({ isChart }) => isChart);
    return {
      args: needsHelm ? ["--enable-helm", "--helm-command", join(toolsDir, "helm-from-mirror.sh")] : [],
      env: {
        ...(needsHelm
          ? { WAVEHOUSE_CHARTS: mirrors.charts, WAVEHOUSE_HELM: await goTool("helm", toolsDir) }
          : {}),
        ...(mirrored.every(({ isChart }) => isChart) ? {} : gitFrom(mirrors.gitConfig)),
      },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const fix = "mend that; the chart or base itself is fine";
    const problem = { rule: "kustomize/mirror", message: error.message, fix };
    throw new UserError([findingAt(first.origin, problem)], { cause: error });
  }
}

/** Git that can read folders of this machine and nothing else. */
function gitFrom(config: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    GIT_ALLOW_PROTOCOL: "file",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: config,
    GIT_TERMINAL_PROMPT: "0",
  };
}
