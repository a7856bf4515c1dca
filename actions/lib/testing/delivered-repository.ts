import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PinnedImage } from "../domain/built-image.ts";
import { bumpMessage } from "../domain/bump-message.ts";
import { planBump } from "../domain/plan-bump.ts";
import { type GitRepository, gitRepository } from "./git-repository.ts";
import { testGit } from "./test-git.ts";

/** A real repository with environments that name the images `a` and `b`, and a history of sources and bumps. */
export interface DeliveredRepository extends GitRepository {
  /** Commits that images are built from, the oldest first. */
  sources: string[];
  /** A commit that changes a source; it is the newest of `sources`. */
  merge(subject: string): Promise<string>;
  /** A commit that bumps images to what was built from the n-th source, counted from 1; the k-th is of k - 1 seconds into 2026. */
  bump(environment: string, of: number, names?: readonly string[]): Promise<string>;
  /** What the overlay of an environment names: `a:t1 b:unbuilt`. */
  tags(environment: string): Promise<string>;
}

/** @returns the image as it is built from the n-th source: tag `t1`, a digest of ones */
export function builtFrom(name: string, of: number): PinnedImage {
  const [tag, digest] = [`t${of}`, `sha256:${String(of).repeat(64).slice(0, 64)}`];
  const repository = `localhost:5001/${name}`;
  return { name, repository, tag, digest, reference: `${repository}:${tag}@${digest}`, changed: true };
}

/**
 * @param environments their names
 * @param images what each overlay names
 */
export async function deliveredRepository(
  environments: readonly string[],
  images: readonly string[] = ["a", "b"],
): Promise<DeliveredRepository> {
  const entries = images.map((name) => `  - name: ${name} # ours\n    newTag: unbuilt\n`).join("");
  const overlay = (environment: string): string => `overlays/${environment}/kustomization.yaml`;
  const here = await gitRepository(
    Object.fromEntries(environments.map((environment) => [overlay(environment), `images:\n${entries}`])),
  );
  const sources: string[] = [];
  let bumps = 0;
  const read = (environment: string): Promise<string> =>
    readFile(join(here.root, overlay(environment)), "utf8");
  return {
    ...here,
    sources,
    merge: async (subject) => {
      await here.git("commit", "--quiet", "--allow-empty", `--message=${subject}`);
      sources.push(await here.git("rev-parse", "HEAD"));
      return sources.at(-1) ?? "";
    },
    bump: async (environment, of, names = images) => {
      const texts = new Map([[overlay(environment), await read(environment)]]);
      const { edits } = planBump(
        texts,
        names.map((name) => builtFrom(name, of)),
      );
      for (const { path, after } of edits) await here.write(path, after);
      const message = bumpMessage(environment, edits, sources[of - 1] ?? "");
      const date = `2026-01-01T00:00:${String(bumps++).padStart(2, "0")}Z`;
      const git = testGit(here.root, { GIT_COMMITTER_DATE: date });
      await git("commit", "--quiet", "--all", `--date=${date}`, `--message=${message}`);
      return here.git("rev-parse", "HEAD");
    },
    tags: async (environment) => {
      const text = await read(environment);
      return [...text.matchAll(/name: (\S+).*\n(?: +newName.*\n)?(?: +newTag: (\S+))/g)]
        .map(([, name, tag]) => `${name}:${tag}`)
        .join(" ");
    },
  };
}
