import { type ProcessOutput, runProcess } from "../../actions/lib/adapters/process.ts";

/** kubectl, bound to one cluster. */
export interface Kubectl {
  /** The arguments that choose the cluster, for others who start kubectl themselves. */
  program: string;
  cluster: readonly string[];
  /** Runs it; throws a `ProcessError` when it fails. */
  run(args: readonly string[], options?: { stdin?: string; timeoutMs?: number }): Promise<ProcessOutput>;
  /** Runs it with `--output=json`. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Creates or changes the objects of a YAML text, by server-side apply. */
  apply(yaml: string): Promise<void>;
}

/**
 * @param program its path
 * @param cluster `--kubeconfig=…` or `--context=…`
 */
export function kubectl(program: string, cluster: readonly string[]): Kubectl {
  const run: Kubectl["run"] = (args, { stdin, timeoutMs } = {}) =>
    runProcess({
      file: program,
      args: [...cluster, ...args],
      ...(stdin === undefined ? {} : { stdin }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  return {
    program,
    cluster,
    run,
    json: async (args) => JSON.parse((await run([...args, "--output=json"])).stdout.toString()),
    apply: async (yaml) => {
      const flags = ["--server-side", "--force-conflicts", "--field-manager=wavehouse-cluster"];
      await run(["apply", ...flags, "--filename=-"], { stdin: yaml });
    },
  };
}
