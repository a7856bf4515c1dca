import type { ImageRegistry } from "../ports/image-registry.ts";
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import type { ManifestValidator } from "../ports/manifest-validator.ts";
import type { Memory } from "../ports/memory.ts";
import type { Workspace } from "../ports/workspace.ts";
import { fileMemory } from "./file-memory.ts";
import { gitWorkspace } from "./git-workspace.ts";

/**
 * Makes what validating works through. The tools are looked for when they are first used, so that a repository whose
 * pipelines are wrong is told so even where they are missing; and what drives them is loaded only then.
 *
 * @param root absolute path of the repository that is validated
 * @param toolsDir the pinned tools
 * @param options `batches`: false renders each folder by a process of its own; `rememberAs`: the repository whose
 *   memory is used, for a copy of it
 */
export function connectValidation(
  root: string,
  toolsDir: string,
  options: { batches?: boolean; rememberAs?: string } = {},
): {
  workspace: Workspace;
  renderer: ManifestRenderer;
  validator: ManifestValidator;
  memory: Memory;
  registry: Pick<ImageRegistry, "digest">;
} {
  const workspace = gitWorkspace(root);
  const connect = async (): Promise<ManifestRenderer> => {
    const [{ goTool }, { kustomizeRenderer }] = await Promise.all([
      import("./go-tools.ts"),
      import("./kustomize.ts"),
    ]);
    return kustomizeRenderer({ root, toolsDir, kustomize: await goTool("kustomize", toolsDir), ...options });
  };
  let renderer: Promise<ManifestRenderer> | undefined;
  return {
    workspace,
    memory: fileMemory(options.rememberAs ?? root, toolsDir),
    registry: {
      // Seldom needed, and long to load.
      digest: async (reference) => (await import("./oci-registry.ts")).ociRegistry().digest(reference),
    },
    renderer: {
      render: async (folder) => {
        renderer ??= connect();
        return (await renderer).render(folder);
      },
      inputs: async (folder) => (await renderer)?.inputs?.(folder),
    },
    validator: {
      validate: async (stream, definitions) => {
        const [{ kubeconform }, { parseVersions, VERSIONS_FILE }] = await Promise.all([
          import("./kubeconform.ts"),
          import("../domain/versions.ts"),
        ]);
        const kubernetesVersion = parseVersions(await workspace.read(VERSIONS_FILE)).of.kubernetes;
        return kubeconform({ toolsDir, kubernetesVersion }).validate(stream, definitions);
      },
    },
  };
}
