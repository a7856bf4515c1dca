import { parseYaml } from "../domain/parse-yaml.ts";
import { VERSIONS_FILE } from "../domain/template-versions.ts";
import { UserError } from "../domain/user-error.ts";
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import type { ManifestValidator } from "../ports/manifest-validator.ts";
import type { Workspace } from "../ports/workspace.ts";
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
 */
export function connectValidation(
  root: string,
  toolsDir: string,
): {
  workspace: Workspace;
  renderer: ManifestRenderer;
  validator: ManifestValidator;
} {
  const workspace = gitWorkspace(root);
  const connect = async (): Promise<ManifestRenderer> => {
    return kustomizeRenderer({ root, kustomize: await goTool("kustomize", toolsDir) });
  };
  let renderer: Promise<ManifestRenderer> | undefined;
  return {
    workspace,
    renderer: {
      render: async (folder) => {
        renderer ??= connect();
        return (await renderer).render(folder);
      },
    },
    validator: {
      validate: async (stream) => {
        const kubernetesVersion = readKubernetesVersion(await workspace.read(VERSIONS_FILE));
        return kubeconform({ toolsDir, kubernetesVersion }).validate(stream);
      },
    },
  };
}

function readKubernetesVersion(content: Uint8Array): string {
  const { document, findings } = parseYaml(content, VERSIONS_FILE);
  if (document === undefined) throw new UserError(findings);
  const { kubernetes } = (document.value ?? {}) as Record<string, unknown>;
  if (typeof kubernetes === "string" && /^\d+\.\d+\.\d+$/.test(kubernetes)) return kubernetes;
  throw new UserError([
    {
      rule: "versions/kubernetes",
      severity: "error",
      file: VERSIONS_FILE,
      ...document.positions.value("/kubernetes"),
      message:
        kubernetes === undefined ? "kubernetes is missing" : `kubernetes is ${JSON.stringify(kubernetes)}`,
      expected: "the version of Kubernetes that is deployed, for instance 1.36.3",
      fix: "write all three numbers",
    },
  ]);
}
