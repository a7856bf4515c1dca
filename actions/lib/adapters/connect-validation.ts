import { parseVersions, VERSIONS_FILE } from "../domain/versions.ts";
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import type { ManifestValidator } from "../ports/manifest-validator.ts";
import type { Memory } from "../ports/memory.ts";
import type { Workspace } from "../ports/workspace.ts";
import { fileMemory } from "./file-memory.ts";
import { gitWorkspace } from "./git-workspace.ts";
import { goTool } from "./go-tools.ts";
import { kubeconform } from "./kubeconform.ts";
import { kustomizeRenderer } from "./kustomize.ts";

/**
 * Makes what validating works through. The tools are looked for when they are first used, so that a repository whose
 * pipelines are wrong is told so even where they are missing.
 *
 * @param root absolute path of the repository that is validated
 * @param toolsDir the pinned tools
 * @param options `batches`: false renders each folder by a process of its own
 */
export function connectValidation(
  root: string,
  toolsDir: string,
  options: { batches?: boolean } = {},
): {
  workspace: Workspace;
  renderer: ManifestRenderer;
  validator: ManifestValidator;
  memory: Memory;
} {
  const workspace = gitWorkspace(root);
  const connect = async (): Promise<ManifestRenderer> => {
    return kustomizeRenderer({ root, toolsDir, kustomize: await goTool("kustomize", toolsDir), ...options });
  };
  let renderer: Promise<ManifestRenderer> | undefined;
  return {
    workspace,
    memory: fileMemory(root, toolsDir),
    renderer: {
      render: async (folder) => {
        renderer ??= connect();
        return (await renderer).render(folder);
      },
      inputs: async (folder) => (await renderer)?.inputs?.(folder),
    },
    validator: {
      validate: async (stream, definitions) => {
        const kubernetesVersion = parseVersions(await workspace.read(VERSIONS_FILE)).of.kubernetes;
        return kubeconform({ toolsDir, kubernetesVersion }).validate(stream, definitions);
      },
    },
  };
}
