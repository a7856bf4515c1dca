/** What made an image: the sources, and the run that built it. */
export interface BuildFacts {
  /** Address of the repository, `https://github.com/acme/lake`; `undefined` where it has none. */
  source: string | undefined;
  /** The commit that was checked out. */
  commit: string | undefined;
  /** `refs/heads/main`, `refs/pull/7/merge`; `undefined` where nothing tells. */
  ref: string | undefined;
  /** Whether files differ from the commit. */
  dirty: boolean;
  /** Who built: `https://github.com/acme/lake/.github/workflows/deliver.yml@refs/heads/main`, or a laptop. */
  builder: string;
  /** Address of the run; `undefined` on a laptop. */
  run: string | undefined;
  /** What started it: `push`, `workflow_dispatch`. */
  event: string | undefined;
}

/** What a person's own machine is called: it proves nothing but who holds the key. */
export const LAPTOP = "https://wavehouse.dev/builders/laptop";
const BUILD_TYPE = "https://wavehouse.dev/build-types/build-images/v1";

/**
 * Says in SLSA's words (provenance 1.0) how an image was made.
 *
 * @param facts of the build
 * @param image its tag, which is the hash of its inputs, and its base
 * @returns the predicate
 */
export function provenance(
  facts: BuildFacts,
  image: { name: string; tag: string; base: { repository: string; digest: string } | undefined },
): unknown {
  const dependencies: unknown[] = [];
  if (facts.source !== undefined) {
    const at = facts.ref === undefined ? "" : `@${facts.ref}`;
    const digest = facts.commit === undefined ? {} : { digest: { gitCommit: facts.commit } };
    dependencies.push({ uri: `git+${facts.source}${at}`, ...digest });
  }
  if (image.base !== undefined) {
    const [algorithm = "", hash = ""] = image.base.digest.split(":");
    dependencies.push({ uri: `oci://${image.base.repository}`, digest: { [algorithm]: hash } });
  }
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        source: facts.source ?? null,
        ref: facts.ref ?? null,
        image: image.name,
        inputsHash: image.tag,
      },
      internalParameters: { event: facts.event ?? null, uncommittedChanges: facts.dirty },
      resolvedDependencies: dependencies,
    },
    runDetails: {
      builder: { id: facts.builder },
      metadata: facts.run === undefined ? {} : { invocationId: facts.run },
    },
  };
}

/** What a provenance says that decides whether an image is ours. */
export interface Origin {
  source: string | undefined;
  ref: string | undefined;
  commit: string | undefined;
  dirty: boolean;
}

/**
 * Reads what `provenance` wrote, and what other builders write after SLSA 1.0.
 *
 * @param predicate as it was signed
 */
export function readOrigin(predicate: unknown): Origin {
  const { buildDefinition } = (predicate ?? {}) as { buildDefinition?: Record<string, unknown> };
  const { resolvedDependencies, internalParameters } = buildDefinition ?? {};
  const list = Array.isArray(resolvedDependencies) ? (resolvedDependencies as Record<string, unknown>[]) : [];
  const git = list.find(({ uri }) => typeof uri === "string" && uri.startsWith("git+"));
  const [, source, ref] = /^git\+(.*?)(?:@(refs\/.*))?$/.exec(String(git?.uri ?? "")) ?? [];
  const { gitCommit } = (git?.digest ?? {}) as { gitCommit?: unknown };
  const { uncommittedChanges } = (internalParameters ?? {}) as { uncommittedChanges?: unknown };
  return {
    source,
    ref,
    commit: typeof gitCommit === "string" ? gitCommit : undefined,
    dirty: uncommittedChanges === true,
  };
}

/**
 * Brings the ways to write a repository's address to one, without user, password and `.git`.
 *
 * @param address `git@github.com:acme/lake.git`, `https://github.com/acme/lake`
 * @returns `undefined` for a folder and for anything else that others cannot reach
 */
export function repositoryAddress(address: string): string | undefined {
  const text = address
    .trim()
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
  const [, host, path] = /^(?:ssh:\/\/)?[\w.-]+@([\w.-]+)(?::\d+(?=\/))?[:/](.+)$/.exec(text) ?? [];
  if (host !== undefined && path !== undefined) return `https://${host}/${path}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}
