import { goTool } from "../../actions/lib/adapters/go-tools.ts";
import { toolsDir } from "../setup/repository.ts";
import type { ClusterPrograms } from "./components.ts";

/**
 * Finds or builds the cluster's programs, at their pinned versions, and crane.
 *
 * @throws UserError that says what to install
 */
export async function preparePrograms(): Promise<ClusterPrograms & { crane: string }> {
  const tool = (name: string): Promise<string> => goTool(name, toolsDir);
  // One after the other: each build uses every core by itself.
  return {
    kubectl: await tool("kubernetes/kubectl"),
    apiServer: await tool("kubernetes/kube-apiserver"),
    controllerManager: await tool("kubernetes/kube-controller-manager"),
    scheduler: await tool("kubernetes/kube-scheduler"),
    kubelet: await tool("kubernetes/kubelet"),
    proxy: await tool("kubernetes/kube-proxy"),
    kine: await tool("kine"),
    coredns: await tool("coredns"),
    registry: await tool("registry"),
    crane: await tool("crane"),
  };
}
