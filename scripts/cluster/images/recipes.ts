import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { baseRecipes, lockedJars } from "../../../actions/lib/adapters/base-recipes.ts";
import {
  type ContextPart,
  cached,
  file,
  moduleFile,
  program,
  text,
} from "../../../actions/lib/adapters/context-part.ts";
import { prepareMirrors, readMirrors, renderGitConfig } from "../../../actions/lib/adapters/mirrors.ts";
import type { Recipe } from "../../../actions/lib/adapters/recipes.ts";
import { type DebianSuite, debianIdentity, prepareDebianRoot } from "./debian-root.ts";

/** In Argo CD's image. */
const MIRRORS = "/opt/mirrors";

/**
 * The images of the platform that a Dockerfile builds, bases first, then those first that others wait for.
 *
 * @param root the repository's root
 */
export function recipes(root: string): Recipe[] {
  const toolsDir = join(root, "scripts/tools");
  const own = baseRecipes(root);
  const standIns = join(root, "scripts/cluster/images");
  const tool = (name: string, path: string): ContextPart => program(name, toolsDir, path);
  const from = (name: string, source: string, path: string): ContextPart =>
    moduleFile(name, toolsDir, source, path);
  const standIn = (
    name: string,
    upstream: string,
    parts: readonly ContextPart[],
    base = "debian",
  ): Recipe => ({
    name: upstream,
    repository: `stand-in/${name}`,
    base,
    parts: [file(join(standIns, name, "Dockerfile"), "Dockerfile"), ...parts],
  });
  return [
    {
      name: "debian",
      repository: "debian",
      base: undefined,
      parts: [file(join(standIns, "debian/Dockerfile"), "Dockerfile"), debian("bookworm")],
    },
    {
      name: "debian-trixie",
      repository: "debian-trixie",
      base: undefined,
      parts: [file(join(standIns, "debian-trixie/Dockerfile"), "Dockerfile"), debian("trixie")],
    },
    standIn("argocd", "quay.io/argoproj/argocd", [
      tool("argo-cd", "bin/argocd"),
      tool("kustomize", "bin/kustomize"),
      tool("helm", "bin/helm.real"),
      file(join(toolsDir, "helm-from-mirror.sh"), "bin/helm"),
      from("argo-cd", "hack/git-verify-wrapper.sh", "bin/git-verify-wrapper.sh"),
      from("argo-cd", "hack/gpg-wrapper.sh", "bin/gpg-wrapper.sh"),
      from("argo-cd", "entrypoint.sh", "bin/entrypoint.sh"),
      cached(
        async () => (await prepareMirrors({ toolsDir })).folder,
        async () => basename((await prepareMirrors({ toolsDir })).folder),
        "mirrors",
      ),
      text(async () => renderGitConfig(await readMirrors(toolsDir), MIRRORS), "gitconfig"),
    ]),
    standIn("redis", "public.ecr.aws/docker/library/redis", [
      file(join(standIns, "redis/entrypoint.sh"), "entrypoint.sh"),
    ]),
    own["spark-base"],
    standIn(
      "spark-operator",
      "ghcr.io/kubeflow/spark-operator/controller",
      [
        tool("spark-operator", "bin/spark-operator"),
        from("spark-operator", "entrypoint.sh", "bin/entrypoint.sh"),
      ],
      "spark-base",
    ),
    standIn("postgres", "docker.io/library/postgres", [
      file(join(standIns, "postgres/entrypoint.sh"), "entrypoint.sh"),
    ]),
    standIn("versitygw", "ghcr.io/versity/versitygw", [
      tool("versitygw", "bin/versitygw"),
      from("versitygw", "docker-entrypoint.sh", "bin/docker-entrypoint.sh"),
    ]),
    standIn(
      "nessie",
      "ghcr.io/projectnessie/nessie",
      [
        file(join(standIns, "nessie/entrypoint.sh"), "entrypoint.sh"),
        lockedJars(root, "scripts/cluster/images/nessie/jars.lock"),
      ],
      "debian-trixie",
    ),
    standIn("external-secrets", "ghcr.io/external-secrets/external-secrets", [
      tool("external-secrets", "external-secrets"),
    ]),
    own.airflow,
  ];
}

function debian(suite: DebianSuite): ContextPart {
  const identity = createHash("sha256").update(debianIdentity(suite)).digest("hex").slice(0, 16);
  return cached(
    () => prepareDebianRoot(suite, identity),
    async () => identity,
    "root.tar",
  );
}
