import { isMap, isScalar, parseDocument } from "yaml";
import { LineIndex } from "./line-index.ts";
import { UserError } from "./user-error.ts";

/** Text of the repository's files by path from its root. */
export type Tree = ReadonlyMap<string, string>;

/**
 * The environments of a repository: the folders of `overlays/` that can be rendered as a whole.
 *
 * @param paths the repository's files
 * @returns their names, ordered
 */
export function environmentsOf(paths: Iterable<string>): string[] {
  const names = [...paths].map((path) => /^overlays\/([^/]+)\/kustomization\.yaml$/.exec(path)?.[1]);
  return names.filter((name) => name !== undefined).sort();
}

/**
 * Where an environment's images are pushed to, as its `cicd/environment.yaml` says.
 *
 * @param tree the repository's files
 * @param environment name of the environment
 * @returns host and path, without the image's name
 * @throws UserError when the file does not say
 */
export function registryOf(tree: Tree, environment: string): string {
  const file = `overlays/${environment}/cicd/environment.yaml`;
  const text = tree.get(file) ?? "";
  const document = parseDocument(text);
  const registry = document.getIn(["data", "registry"], true);
  if (isScalar(registry) && typeof registry.value === "string" && registry.value !== "")
    return registry.value;
  const data = document.get("data", true);
  const offset = isScalar(registry) ? registry.range?.[0] : isMap(data) ? data.range?.[0] : undefined;
  throw new UserError([
    {
      rule: "environment/registry",
      severity: "error",
      file,
      ...new LineIndex(text).at(offset ?? 0),
      message: tree.has(file) ? "data.registry is missing" : "the file is missing",
      expected: "the registry that this environment's images come from, for instance localhost:5001",
      fix: "set data.registry in the ConfigMap `environment`",
    },
  ]);
}
