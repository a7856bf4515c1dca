import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../domain/user-error.ts";
import type { ImageBuilder } from "../ports/image-builder.ts";
import { ProcessError, runProcess } from "./process.ts";
import { trustedAuthorities } from "./trusted-authorities.ts";

const buildTimeoutMs = 30 * 60_000;
const pushTimeoutMs = 15 * 60_000;

/** BuildKit, which the Dockerfiles need, in the engine itself; and one image, without an index of attestations. */
const buildkit = {
  DOCKER_BUILDKIT: "1",
  BUILDX_BUILDER: "default",
  BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
} as const;

/**
 * Builds with Docker's engine. What it made is taken out of the engine and pushed from here: on a Mac the engine is in
 * a virtual machine, whose `localhost` is not where the registry is.
 *
 * @param crane the path of the program that pushes
 * @param parent where a folder is made for what is on its way: on a disk, not in memory
 */
export async function docker(crane: string, parent = "/var/tmp"): Promise<ImageBuilder> {
  const folder = await mkdtemp(join(parent, "wavehouse-images-"));
  return {
    build: async ({ context, base, reference }) => {
      const own = await mkdtemp(join(folder, "image-"));
      let image: string | undefined;
      const named = join(own, "id");
      const archive = join(own, "image.tar");
      const trusted = trustedAuthorities();
      const options = [
        ...["--quiet", "--iidfile", named],
        ...(base === undefined ? [] : ["--build-arg", `BASE_IMAGE=${base}`]),
        ...(trusted === undefined ? [] : ["--secret", `id=ca,src=${trusted}`]),
      ];
      const run = (args: readonly string[], timeoutMs: number) =>
        runProcess({ file: "docker", args, env: buildkit, timeoutMs });
      try {
        await run(["build", ...options, context], buildTimeoutMs);
        image = (await readFile(named, "utf8")).trim();
        await run(["save", "--output", archive, image], pushTimeoutMs);
        const args = ["push", archive, reference];
        return digestOf(
          (await runProcess({ file: crane, args, timeoutMs: pushTimeoutMs })).stdout.toString(),
        );
      } catch (error) {
        throw explain(reference, error);
      } finally {
        await rm(own, { recursive: true, force: true });
        // The registry has it; the engine's own cache of steps stays.
        if (image !== undefined) await run(["image", "rm", "--force", image], 60_000).catch(() => undefined);
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** crane says last what it has pushed: `<repository>@sha256:…`. */
function digestOf(said: string): string {
  const digest = /@(sha256:[0-9a-f]{64})\s*$/.exec(said)?.[1];
  if (digest === undefined) throw new Error(`crane push names no digest: ${JSON.stringify(said)}`);
  return digest;
}

function explain(reference: string, error: unknown): unknown {
  if (!(error instanceof ProcessError)) return error;
  const message = /buildx component is missing/.test(error.stderr)
    ? "Docker's BuildKit is needed to build images: install its plugin, docker-buildx (or docker-buildx-plugin)"
    : `${reference} cannot be built: ${error.message}`;
  return new UserError(message, { cause: error });
}
