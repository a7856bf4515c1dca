import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runProcess } from "../../actions/lib/adapters/process.ts";

/** An image as one would write its Dockerfile by hand. */
export interface DockerImage {
  name: string;
  /** Folder of the pipeline, from the repository's root. */
  pipeline: string;
  /** The folder of its own files: `silver`, `quality`, `gold`. */
  part: string;
}

/** @returns why Docker cannot be measured here, or `undefined` where an engine answers */
export async function withoutDocker(): Promise<string | undefined> {
  try {
    await runProcess({ file: "docker", args: ["info"], timeoutMs: 10_000 });
    return undefined;
  } catch {
    return "no Docker engine answers here (`docker info`)";
  }
}

/**
 * `docker build` and push of images with the same files as ours, all at once, as often as it is called.
 *
 * @param root the repository; the Dockerfiles are kept outside
 * @param registry host and port
 * @param images what to build
 * @returns builds and pushes all; and takes the images and the Dockerfiles away
 */
export async function dockerBuilds(
  root: string,
  registry: string,
  images: readonly DockerImage[],
): Promise<{ build: () => Promise<void>; clean: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-dockerfiles-"));
  const planned = images.map(({ name, pipeline, part }) => {
    const lines = [
      "FROM scratch",
      `COPY ${pipeline}/pipeline.yaml opt/wavehouse/pipeline/`,
      `COPY ${pipeline}/${part}* opt/wavehouse/pipeline/${part}/`,
      "COPY pipelines/runtime/wavehouse opt/wavehouse/runtime/wavehouse/",
    ];
    return {
      file: join(folder, name),
      text: `${lines.join("\n")}\n`,
      tag: `${registry}/docker-${name}:bench`,
    };
  });
  for (const { file, text } of planned) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  // A pattern that finds nothing is an error to Docker.
  for (const { pipeline, part } of images) {
    await mkdir(join(root, pipeline, part), { recursive: true });
    await writeFile(join(root, pipeline, part, "bench.txt"), "bench\n");
  }
  const docker = (...args: string[]) => runProcess({ file: "docker", args, cwd: root, timeoutMs: 300_000 });
  return {
    build: async () => {
      await Promise.all(
        planned.map(async ({ file, tag }) => {
          await docker("build", "--quiet", "--file", file, "--tag", tag, ".");
          await docker("push", "--quiet", tag);
        }),
      );
    },
    clean: async () => {
      await docker("image", "rm", ...planned.map(({ tag }) => tag)).catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
