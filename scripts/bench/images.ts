import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Inputs, loadInputs } from "../../actions/build-images/inputs.ts";
import { run } from "../../actions/build-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { gitWorkspace } from "../../actions/lib/adapters/git-workspace.ts";
import {
  type LoopbackRegistry,
  startLoopbackRegistry,
} from "../../actions/lib/adapters/loopback-registry.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import type { BuiltImage } from "../../actions/lib/domain/built-image.ts";
import type { Logger } from "../../actions/lib/ports/logger.ts";
import { dockerBuilds, withoutDocker } from "./docker.ts";

/** What `build-images` costs, in seconds: the median of the rounds. */
export interface ImagesBench {
  rounds: number;
  images: number;
  /** Every image of the pipeline changed. */
  changed: number;
  /** Nothing changed. */
  unchanged: number;
  /** `docker build` and push of images with the same files, or why there is no such figure. */
  docker: { changed: number; unchanged: number } | { unavailable: string };
}

/**
 * Measures `build-images` for the breweries pipeline against a registry on loopback, and Docker beside it.
 *
 * @param options the repository's root, which stays as it is; crane's path; how many rounds
 */
export async function benchImages(options: {
  root: string;
  crane: string;
  rounds: number;
}): Promise<ImagesBench> {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-bench-"));
  const server = await startLoopbackRegistry({ program: options.crane, port: 0 });
  try {
    const copy = await copyPipelines(options.root, folder);
    const build = await builder(copy, server);
    const changed: number[] = [];
    const unchanged: number[] = [];
    let images = 0;
    for (let round = 0; round <= options.rounds; round++) {
      await touch(copy, round);
      const first = await timed(build);
      const second = await timed(build);
      images = expectChanged(first.value, first.value.length);
      expectChanged(second.value, 0);
      // The first round also reads files and programs from the disk.
      if (round === 0) continue;
      changed.push(first.seconds);
      unchanged.push(second.seconds);
    }
    const docker = await benchDocker(copy, server, options.rounds);
    return { rounds: options.rounds, images, changed: median(changed), unchanged: median(unchanged), docker };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyPipelines(root: string, folder: string): Promise<string> {
  const copy = join(folder, "repository");
  for (const { path } of await gitWorkspace(root).list("pipelines")) {
    await mkdir(join(copy, path, ".."), { recursive: true });
    await cp(join(root, path), join(copy, path));
  }
  const quiet = [
    "-c",
    "user.name=bench",
    "-c",
    "user.email=bench@example.invalid",
    "-c",
    "commit.gpgSign=false",
  ];
  for (const args of [
    ["init", "--quiet"],
    ["add", "--all"],
    [...quiet, "commit", "--quiet", "--message=bench"],
  ]) {
    await runProcess({ file: "git", args, cwd: copy });
  }
  return copy;
}

async function builder(copy: string, server: LoopbackRegistry): Promise<() => Promise<BuiltImage[]>> {
  const given: Record<string, string> = {
    registry: server.host,
    pipelines: "breweries",
    bases: "false",
    keyless: "false",
    rebuild: "false",
    "dry-run": "false",
  };
  const inputs: Inputs = loadInputs((name) => given[name] ?? "");
  const logger: Logger = { info: () => {}, warning: () => {}, group: (_, work) => work() };
  const ports = await connectBuilding({ root: copy, logger });
  return async () => JSON.parse((await run(inputs, ports)).outputs.images ?? "[]");
}

/** A file that every image holds. */
function touch(copy: string, round: number): Promise<void> {
  return writeFile(
    join(copy, "pipelines/runtime/wavehouse/bench_round.py"),
    `ROUND = "${round} ${Date.now()}"\n`,
  );
}

/** A figure of something that did not happen would be worth nothing. */
function expectChanged(images: readonly BuiltImage[], count: number): number {
  const changed = images.filter((image) => image.changed).length;
  if (changed !== count || images.length === 0) {
    throw new Error(`${changed} of ${images.length} images changed, expected ${count}`);
  }
  return images.length;
}

async function benchDocker(
  copy: string,
  server: LoopbackRegistry,
  rounds: number,
): Promise<ImagesBench["docker"]> {
  const reason = await withoutDocker();
  if (reason !== undefined) return { unavailable: reason };
  const images = ["silver", "quality", "gold"].map((part) => ({
    name: part,
    pipeline: "pipelines/breweries",
    part,
  }));
  const docker = await dockerBuilds(copy, server.host, images);
  try {
    const changed: number[] = [];
    const unchanged: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      await touch(copy, round);
      const first = await timed(docker.build);
      const second = await timed(docker.build);
      if (round === 0) continue;
      changed.push(first.seconds);
      unchanged.push(second.seconds);
    }
    return { changed: median(changed), unchanged: median(unchanged) };
  } catch (error) {
    return {
      unavailable: `Docker could not build or push: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    await docker.clean();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
