import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { prepareMirrors, readMirrors, renderGitConfig } from "../../../actions/lib/adapters/mirrors.ts";
import { javaVersions } from "../../../actions/lib/domain/java-versions.ts";
import { parseVersions, VERSIONS_FILE } from "../../../actions/lib/domain/versions.ts";
import { prepareJars } from "../../setup/jars.ts";
import { findJava } from "../../setup/java.ts";
import { type ContextPart, cached, file, moduleFile, program, text } from "./context-part.ts";
import { debianIdentity, prepareDebianRoot } from "./debian-root.ts";

/** What an image is built from. */
export interface Recipe {
  /** What manifests call it: a bare name for our own, upstream's for one that stands in for it. */
  name: string;
  /** Where it is in the registry. */
  repository: string;
  /** The repository of the image it stands on, one of those before it; `undefined` for nothing. */
  base: string | undefined;
  /** With the `Dockerfile`. */
  parts: readonly ContextPart[];
}

/** In Argo CD's image. */
const MIRRORS = "/opt/mirrors";

/**
 * The images of the platform that a Dockerfile builds, bases first, then those first that others wait for.
 *
 * @param root the repository's root
 */
export function recipes(root: string): Recipe[] {
  const toolsDir = join(root, "scripts/tools");
  const own = join(root, "pipelines/runtime/images");
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
  const runtime = (name: string): ContextPart => file(join(root, "pipelines/runtime", name), name);
  return [
    {
      name: "debian",
      repository: "debian",
      base: undefined,
      parts: [file(join(standIns, "debian/Dockerfile"), "Dockerfile"), debian()],
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
    {
      name: "spark-base",
      repository: "spark-base",
      base: "debian",
      parts: [
        file(join(own, "spark-base/Dockerfile"), "Dockerfile"),
        file(join(own, "spark-base/entrypoint.sh"), "entrypoint.sh"),
        runtime("uv.lock.txt"),
        runtime("requirements-spark.lock"),
        jars(root),
      ],
    },
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
    standIn("external-secrets", "ghcr.io/external-secrets/external-secrets", [
      tool("external-secrets", "external-secrets"),
    ]),
    {
      name: "airflow",
      repository: "airflow",
      base: "debian",
      parts: [
        file(join(own, "airflow/Dockerfile"), "Dockerfile"),
        runtime("uv.lock.txt"),
        runtime("requirements-airflow.lock"),
      ],
    },
  ];
}

function debian(): ContextPart {
  const identity = createHash("sha256").update(debianIdentity()).digest("hex").slice(0, 16);
  return cached(
    () => prepareDebianRoot(identity),
    async () => identity,
    "root.tar",
  );
}

function jars(root: string): ContextPart {
  const lockFile = join(root, "pipelines/runtime/jars.lock");
  const prepare = async (): Promise<string> => {
    const { of } = parseVersions(await readFile(join(root, VERSIONS_FILE)));
    const java = await findJava(javaVersions(of.spark, of.java));
    return prepareJars({ lockFile, javaHome: java.home });
  };
  return cached(prepare, () => readFile(lockFile, "utf8"), "jars");
}
