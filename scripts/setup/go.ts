import { prepareSchemas } from "kubeconform-wrapper";
import { asUserError, goTool } from "../../actions/lib/adapters/go-tools.ts";
import { toolsDir } from "./repository.ts";

/** The tools that the loop needs. */
export const loopTools = ["kustomize", "kubeconform", "crane", "helm"] as const;

/** The tools that only the tests need. */
export const testTools = ["actionlint", "act", "versitygw"] as const;

/** A tool that `scripts/tools` pins. */
export type ToolName = (typeof loopTools)[number] | (typeof testTools)[number];

/**
 * Finds or builds a tool.
 *
 * @returns the program's path
 * @throws UserError that says what to install
 */
export function prepareTool(name: ToolName): Promise<string> {
  return goTool(name, toolsDir);
}

/**
 * Makes the schemas of Kubernetes and of the pinned CRDs.
 *
 * @param kubernetesVersion as `versions.yaml` says
 * @returns the folder that holds them
 * @throws UserError without Go, or without the network on the first use
 */
export async function prepareManifestSchemas(kubernetesVersion: string): Promise<string> {
  try {
    return await prepareSchemas({ toolsDir, kubernetesVersion });
  } catch (error) {
    throw asUserError(error);
  }
}
