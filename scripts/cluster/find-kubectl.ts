import { goTool } from "../../actions/lib/adapters/go-tools.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { toolsDir } from "../setup/repository.ts";

/**
 * Finds kubectl: the one on PATH (any serves, and who has a cluster has one), else the pinned one, which is built
 * with the rest of Kubernetes.
 */
export async function findKubectl(): Promise<string> {
  const version = runProcess({ file: "kubectl", args: ["version", "--client"] });
  return version.then(
    () => "kubectl",
    () => goTool("kubernetes/kubectl", toolsDir),
  );
}
