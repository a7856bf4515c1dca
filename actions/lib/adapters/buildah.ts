import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isLoopback } from "../domain/image-reference.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageBuilder } from "../ports/image-builder.ts";
import { ProcessError, runProcess } from "./process.ts";
import { trustedAuthorities } from "./trusted-authorities.ts";

const buildTimeoutMs = 30 * 60_000;
const pushTimeoutMs = 15 * 60_000;

/**
 * Builds with buildah, as root and without a daemon. It keeps its layers in a folder of its own, which `close` removes:
 * what an image is worth keeping for is in the registry.
 *
 * @param folder where that folder is made: on a disk, not in memory
 */
export async function buildah(folder = "/var/tmp"): Promise<ImageBuilder> {
  const store = await mkdtemp(join(folder, "wavehouse-images-"));
  const run = (args: readonly string[], timeoutMs: number) => {
    const places = ["--root", join(store, "layers"), "--runroot", join(store, "run")];
    return runProcess({
      file: "nice",
      args: ["buildah", ...places, "--storage-driver", "overlay", ...args],
      env: { TMPDIR: store },
      timeoutMs,
    });
  };
  return {
    build: async ({ context, base, reference }) => {
      // Plain HTTP is for this machine's own registry.
      const tls = (place: string | undefined): string =>
        `--tls-verify=${String(!isLoopback(place ?? reference))}`;
      const named = join(context, ".image");
      const pushed = join(context, ".digest");
      const trusted = trustedAuthorities();
      const options = [
        ...["--isolation", "chroot", "--network", "host", "--format", "oci", "--iidfile", named, tls(base)],
        ...(base === undefined ? [] : ["--build-arg", `BASE_IMAGE=${base}`]),
        ...(trusted === undefined ? [] : ["--secret", `id=ca,src=${trusted}`]),
      ];
      await told(reference, run(["build", "--quiet", ...options, context], buildTimeoutMs));
      const image = (await readFile(named, "utf8")).trim();
      // Between a registry and a cluster on one machine, gzip takes longer than anything else.
      const compress = isLoopback(reference) ? ["--compression-format=zstd", "--compression-level=1"] : [];
      const push = ["push", "--quiet", ...compress, tls(undefined), "--digestfile", pushed, image];
      await told(reference, run([...push, `docker://${reference}`], pushTimeoutMs));
      return (await readFile(pushed, "utf8")).trim();
    },
    close: async () => {
      // Overlays may still be mounted below it after a build that was killed.
      await run(["rm", "--all"], 60_000).catch(() => undefined);
      await rm(store, { recursive: true, force: true });
    },
  };
}

async function told(reference: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    if (error.failure === "not-found" || /buildah.*No such file/.test(error.stderr)) {
      throw new UserError("buildah is needed to build images, and is not on PATH: apt-get install buildah", {
        cause: error,
      });
    }
    throw new UserError(`${reference} cannot be built: ${error.message}`, { cause: error });
  }
}
