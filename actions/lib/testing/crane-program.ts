import { fileURLToPath } from "node:url";
import { resolveGoTool } from "kubeconform-wrapper";

/** @returns the path of the pinned crane; it is built when the cache has none */
export function craneProgram(): Promise<string> {
  return resolveGoTool("crane", {
    toolsDir: fileURLToPath(new URL("../../../scripts/tools", import.meta.url)),
  });
}
