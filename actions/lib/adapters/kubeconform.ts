import { type ObjectResult, prepareCrdSchemas, prepareSchemas, validateStream } from "kubeconform-wrapper";
import type { ManifestProblem, ManifestValidator } from "../ports/manifest-validator.ts";
import { asUserError, goTool } from "./go-tools.ts";

/**
 * Checks manifests with the pinned kubeconform, against schemas of the pinned Kubernetes and of every CRD that is
 * pinned or that the stream itself brings.
 *
 * @param options `toolsDir`: the folder of the pins; `kubernetesVersion`: what is deployed, `1.36.3`
 */
export function kubeconform(options: { toolsDir: string; kubernetesVersion: string }): ManifestValidator {
  return {
    async validate(stream, definitions = []) {
      try {
        const [binary, base] = await Promise.all([
          goTool("kubeconform", options.toolsDir),
          prepareSchemas(options),
        ]);
        const own = await prepareCrdSchemas([stream, ...definitions], base, {});
        const schemas = own === undefined ? [base] : [own, base];
        const results = await validateStream(stream, {
          kubeconform: binary,
          schemas,
          kubernetesVersion: options.kubernetesVersion,
        });
        return { checked: results.length, problems: results.flatMap(problemsOf) };
      } catch (error) {
        throw asUserError(error);
      }
    },
  };
}

function problemsOf(result: ObjectResult): ManifestProblem[] {
  const { apiVersion, kind, name, namespace, problems } = result;
  return problems.map((problem) => ({ apiVersion, kind, name, namespace, ...problem }));
}
