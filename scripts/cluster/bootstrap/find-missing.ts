import { imageFields } from "../../../actions/lib/domain/image-fields.ts";
import { objectName, type RenderedObject } from "../../../actions/lib/domain/rendered-objects.ts";
import type { Environment } from "./read-environment.ts";

/** What of a cluster, and of the checkout, decides whether an environment can come up there. */
export interface ClusterFacts {
  environment: Environment;
  /** The whole environment, as the checkout renders it. */
  objects: readonly RenderedObject[];
  storageClasses: readonly StorageClass[];
  git: GitFacts;
}

export interface StorageClass {
  metadata: { name: string; annotations?: Readonly<Record<string, string>> };
}

/** How the checkout stands to what Argo CD reads. */
export interface GitFacts {
  /** Files of what is installed with changes that are not committed. */
  changed: readonly string[];
  /** What the checkout is at. */
  head: string | undefined;
  /** What the branch is at where Argo CD reads it; `undefined` when this machine cannot ask. */
  remote: { commit: string | undefined } | undefined;
  /** Whether what is installed is the same in both; `undefined` when the remote's commit is not here. */
  same: boolean | undefined;
}

const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";
const shown = 5;

/**
 * Decides what is missing before an environment can come up on a cluster that exists: each of it would keep Argo CD, or
 * a pod, waiting for ever.
 *
 * @returns a message for each thing that is missing, with what to do; none when nothing is
 */
export function findMissing(facts: ClusterFacts): string[] {
  return [
    ...findExample(facts.environment),
    ...findUnbuilt(facts),
    ...findUnpushed(facts),
    ...findNoStorage(facts),
  ];
}

function findExample({ file, repoLine, repoURL }: Environment): string[] {
  if (!/^(?:\w+:\/\/)?(?:[^/@]*@)?(?:[\w-]+\.)*example(?:\.(?:com|net|org))?(?:[:/]|$)/.test(repoURL))
    return [];
  return [
    `${file}:${repoLine}: repoURL is still the example's, ${repoURL}: set it to where Argo CD shall read this ` +
      "repository, for instance https://github.com/OWNER/REPOSITORY.git",
  ];
}

function findUnbuilt({ environment: { name }, objects }: ClusterFacts): string[] {
  const images = objects
    .flatMap(imageFields)
    .flatMap(({ image }) => /([^/]+):unbuilt$/.exec(image)?.[1] ?? []);
  const unbuilt = [...new Set(images)].sort();
  if (unbuilt.length === 0) return [];
  const todo =
    name === "local"
      ? "without --context `npm run cluster -- up` builds them; for another cluster take --environment minikube"
      : `\`npm run cluster -- images --environment ${name}\` builds them, then commit and push overlays/${name}`;
  return [`overlays/${name} names images that are not built yet: ${list(unbuilt)}; ${todo}`];
}

function findUnpushed({ environment: { repoURL, targetRevision }, git }: ClusterFacts): string[] {
  const { changed, head, remote, same } = git;
  if (changed.length > 0) {
    return [
      `Argo CD reads what is pushed, and these changes are not committed: ${list(changed)}; commit and push them`,
    ];
  }
  if (remote === undefined || same === true) return [];
  if (remote.commit === undefined) {
    return [`${repoURL} has no branch ${targetRevision}: push it, or set targetRevision to one that it has`];
  }
  if (remote.commit === head) return [];
  const there = `${targetRevision} of ${repoURL} is at ${remote.commit.slice(0, 12)}`;
  return [
    same === undefined
      ? `${there}, which is not in this checkout: \`git pull\`, so that what is installed is what Argo CD reads`
      : `${there}, which differs from this checkout: push, so that Argo CD reads what is installed`,
  ];
}

function findNoStorage({ objects, storageClasses }: ClusterFacts): string[] {
  if (storageClasses.some(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === "true")) return [];
  const claiming = objects.filter((object) =>
    claimsOf(object).some(({ storageClassName }) => !storageClassName),
  );
  if (claiming.length === 0) return [];
  const names = storageClasses.map(({ metadata }) => metadata.name);
  const todo =
    names.length === 0
      ? "install one (minikube: `minikube addons enable default-storageclass` and `storage-provisioner`)"
      : `make one of ${names.join(", ")} the default: \`kubectl annotate storageclass ${names[0]} ${DEFAULT_CLASS}=true\``;
  return [
    `the cluster has no default StorageClass, and ${list(claiming.map(objectName))} ask for it; ${todo}`,
  ];
}

interface Claim {
  storageClassName?: string;
}

function claimsOf({ kind, spec }: RenderedObject): Claim[] {
  if (kind === "PersistentVolumeClaim") return [(spec ?? {}) as Claim];
  const { volumeClaimTemplates = [] } = (spec ?? {}) as { volumeClaimTemplates?: { spec?: Claim }[] };
  return kind === "StatefulSet" ? volumeClaimTemplates.map((template) => template.spec ?? {}) : [];
}

function list(names: readonly string[]): string {
  const more = names.length - shown;
  return [...names.slice(0, shown), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}
