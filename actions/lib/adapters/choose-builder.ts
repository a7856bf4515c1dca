import { UserError } from "../domain/user-error.ts";
import type { ImageBuilder } from "../ports/image-builder.ts";
import { buildah } from "./buildah.ts";
import { docker } from "./docker.ts";
import { goTool } from "./go-tools.ts";
import { ProcessError, runProcess } from "./process.ts";

/** What the Dockerfiles stand on where nothing else is said; an engine fetches it itself. */
export const PUBLIC_DEBIAN = "docker.io/library/debian:bookworm-slim";

/** What is used to build images on this machine. */
export interface ChosenBuilder {
  name: "docker" | "buildah";
  start: () => Promise<ImageBuilder>;
  /** The Debian that images stand on; `undefined` where it is made from packages. */
  debian: string | undefined;
}

/** What decides. */
export interface BuilderFacts {
  platform: NodeJS.Platform;
  isRoot: boolean;
  /** What `docker info` failed with; `undefined` when the engine answers. */
  dockerFailure: string | undefined;
}

/**
 * Chooses what builds images: Docker where its engine answers, since whoever has it needs no root; else buildah.
 *
 * @param debian another Debian to stand on, as the user named it
 * @param toolsDir the pinned tools: one of them pushes what Docker made
 * @throws UserError when this machine has neither
 */
export async function chooseBuilder(debian: string | undefined, toolsDir: string): Promise<ChosenBuilder> {
  const facts = {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    dockerFailure: await askDocker(),
  };
  const name = chooseByFacts(facts);
  if (name === "buildah") return { name, start: () => buildah(), debian };
  const start = async (): Promise<ImageBuilder> => docker(await goTool("crane", toolsDir));
  return { name, start, debian: debian ?? PUBLIC_DEBIAN };
}

/** @throws UserError when neither can be used */
export function chooseByFacts({ dockerFailure, isRoot, platform }: BuilderFacts): "docker" | "buildah" {
  if (dockerFailure === undefined) return "docker";
  if (platform === "linux" && isRoot) return "buildah";
  throw new UserError(
    `images are built by Docker, which does not answer (${dockerFailure}), or by buildah, which needs Linux and root: ` +
      "start Docker, or run it as root",
  );
}

async function askDocker(): Promise<string | undefined> {
  try {
    const args = ["info", "--format", "{{.ServerVersion}}"];
    const { stdout } = await runProcess({ file: "docker", args, timeoutMs: 15_000 });
    return stdout.toString().trim() === "" ? "`docker info` names no server" : undefined;
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    if (error.failure === "not-found") return "it is not on PATH";
    return error.stderr.trim().split("\n").at(-1) || error.message;
  }
}
