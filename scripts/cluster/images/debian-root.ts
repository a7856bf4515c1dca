import { join } from "node:path";
import { buildOnce, cacheRoot } from "kubeconform-wrapper";
import { ProcessError, runProcess } from "../../../actions/lib/adapters/process.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";

/** What the platform's images stand on, and what brings a newer Java. */
export type DebianSuite = "bookworm" | "trixie";

/** All that decides what is in the root file system, but for Debian's own updates. */
const options = [
  "--variant=minbase",
  "--include=ca-certificates",
  // Kept in the image's settings, so that what is installed later leaves them out, too.
  ...["doc", "info", "lintian", "locale", "man"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  "--dpkgopt=path-include=/usr/share/doc/*/copyright",
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=APT::Install-Recommends "false"',
] as const;

/** Tells the root file system from others. */
export function debianIdentity(suite: DebianSuite): string {
  return [suite, process.arch, ...options].join("\n");
}

/**
 * Makes a Debian root file system through apt, once, from the machine's usual mirror.
 *
 * @returns the tar file
 * @throws UserError without mmdebstrap, or without the network on the first use
 */
export async function prepareDebianRoot(
  suite: DebianSuite,
  identity: string,
  cacheDir = cacheRoot(),
): Promise<string> {
  const folder = join(cacheDir, "images", `debian-${identity}`);
  await buildOnce(folder, async (made) => {
    try {
      await runProcess({
        file: "mmdebstrap",
        args: ["--quiet", ...options, suite, join(made, "root.tar")],
        env: { SOURCE_DATE_EPOCH: "0" },
        timeoutMs: 15 * 60_000,
      });
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      if (error.failure === "not-found") {
        throw new UserError("mmdebstrap is needed to make the images' Debian: apt-get install mmdebstrap", {
          cause: error,
        });
      }
      throw new UserError(
        `Debian's packages cannot be had (the first time this needs the network): ${error.message}`,
        {
          cause: error,
        },
      );
    }
  });
  return join(folder, "root.tar");
}
