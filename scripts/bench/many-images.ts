import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as buildImages } from "../../actions/build-images/run.ts";
import { run as bumpImages } from "../../actions/bump-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { connectDelivery } from "../../actions/lib/adapters/connect-delivery.ts";
import { startLoopbackRegistry } from "../../actions/lib/adapters/loopback-registry.ts";
import { type PinnedImage, parseBuiltImages } from "../../actions/lib/domain/built-image.ts";
import type { Logger } from "../../actions/lib/ports/logger.ts";
import { repositoryRoot } from "../setup/repository.ts";
import { dockerBuilds, withoutDocker } from "./docker.ts";
import { generateRepository, pipelineNames } from "./generate-repository.ts";
import type { Figure } from "./render-figures.ts";

/** Programs that are measured with, or beside. */
export interface Programs {
  crane: string;
  kustomize: string;
}

const quiet: Logger = { info: () => {}, warning: () => {}, group: (_, work) => work() };
const committer = { name: "bench", email: "bench@example.invalid" };
const ENVIRONMENT = "local";
const RUNTIME = "pipelines/runtime/wavehouse";

/**
 * Measures building and bumping in a repository of many pipelines, three images each, against a registry on loopback.
 *
 * @param programs their paths
 * @param say told what is under way
 */
export async function benchManyImages(programs: Programs, say: (line: string) => void): Promise<Figure[]> {
  const few = await withRepository(5, programs, (at) => figuresOfFew(at, say));
  const many = await withRepository(500, programs, (at) => figuresOfMany(at, say));
  return [...few, ...many];
}

interface Place {
  root: string;
  pipelines: readonly string[];
  registry: string;
  kustomize: string;
}

async function withRepository<T>(
  count: number,
  { crane, kustomize }: Programs,
  work: (at: Place) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "wavehouse-bench-"));
  const server = await startLoopbackRegistry({ program: crane, port: 0 });
  try {
    await generateRepository(root, count);
    await cp(join(repositoryRoot, RUNTIME), join(root, RUNTIME), {
      recursive: true,
      filter: (path) => !path.includes("__pycache__"),
    });
    const { name, email } = committer;
    git(root, "init", "--quiet", "--initial-branch=main");
    git(root, "config", "user.name", name);
    git(root, "config", "user.email", email);
    git(root, "config", "commit.gpgSign", "false");
    commitAll(root);
    return await work({ root, pipelines: pipelineNames(count), registry: server.host, kustomize });
  } finally {
    await server.stop();
    await rm(root, { recursive: true, force: true });
  }
}

async function figuresOfFew(at: Place, say: (line: string) => void): Promise<Figure[]> {
  say("15 images, all changed, then none");
  await build(at);
  const changed: number[] = [];
  const unchanged: number[] = [];
  for (let round = 0; round < 3; round++) {
    await touch(at, "pipelines/runtime/wavehouse/bench_round.py", `ROUND = ${round}\n`);
    const first = await timed(() => build(at));
    expectChanged(first.value, 15);
    const second = await timed(() => build(at));
    expectChanged(second.value, 0);
    changed.push(first.seconds);
    unchanged.push(second.seconds);
  }
  const ours = median(changed);
  return [
    { name: "build-images, 15 changed", value: ours, unit: "s", bound: 2 },
    { name: "build-images, 15 unchanged", value: median(unchanged), unit: "s", bound: 0.5 },
    ...(await besideDocker(at, ours, say)),
  ];
}

async function besideDocker(at: Place, ours: number, say: (line: string) => void): Promise<Figure[]> {
  const reason = await withoutDocker();
  if (reason !== undefined) {
    say(`not compared with docker build: ${reason}`);
    return [];
  }
  say("the same 15 images by docker build and push");
  const images = at.pipelines.flatMap((name) =>
    ["silver", "quality", "gold"].map((part) => ({
      name: `${name}-${part}`,
      pipeline: `pipelines/${name}`,
      part,
    })),
  );
  const docker = await dockerBuilds(at.root, at.registry, images);
  const theirs: number[] = [];
  try {
    for (let round = 0; round <= 3; round++) {
      await touch(at, "pipelines/runtime/wavehouse/bench_round.py", `ROUND = "docker ${round}"\n`);
      const { seconds } = await timed(docker.build);
      // The first one also fills Docker's own cache of the context.
      if (round > 0) theirs.push(seconds);
    }
  } finally {
    await docker.clean();
  }
  const note = `${median(theirs).toFixed(1)} s, divided by ours`;
  return [
    {
      name: "docker build and push of 15 images with the same files",
      value: median(theirs) / ours,
      unit: "×",
      least: 20,
      note,
    },
  ];
}

async function figuresOfMany(at: Place, say: (line: string) => void): Promise<Figure[]> {
  say("1,500 images, pushed once");
  const all = await timed(() => build(at));
  expectChanged(all.value, 1_500);
  say("1,500 images, one of them changed");
  const [first = ""] = at.pipelines;
  const one: number[] = [];
  for (let round = 0; round < 3; round++) {
    await touch(at, `pipelines/${first}/gold/bench.sql`, `select ${round}\n`);
    const built = await timed(() => build(at));
    expectChanged(built.value, 1);
    one.push(built.seconds);
  }
  say("bumps over 500 overlays");
  return [
    { name: "build-images, 1,500 pushed for the first time", value: all.seconds, unit: "s" },
    { name: "build-images, 1,500, one changed", value: median(one), unit: "s", bound: 3 },
    ...(await bumpFigures(at, all.value)),
  ];
}

async function bumpFigures(at: Place, images: readonly PinnedImage[]): Promise<Figure[]> {
  const start = git(at.root, "rev-parse", "HEAD");
  const [single] = images;
  if (single === undefined) throw new Error("there is no image");
  const whole: number[] = [];
  const alone: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < 3; round++) {
    git(at.root, "reset", "--quiet", "--hard", start);
    whole.push((await timed(() => bump(at, images))).seconds);
    git(at.root, "reset", "--quiet", "--hard", start);
    const bumped = await timed(() => bump(at, [single]));
    const path = git(at.root, "diff", "--name-only", "HEAD~");
    git(at.root, "reset", "--quiet", "--mixed", start);
    const committed = await timed(async () =>
      git(at.root, "commit", "--quiet", "--message=bench", "--", path),
    );
    alone.push(bumped.seconds);
    own.push(committed.seconds);
  }
  git(at.root, "reset", "--quiet", "--hard", start);
  const beside = await timed(async () => setByKustomize(at, images));
  const note = "`kustomize edit set image` in each of the 500 overlays, without a commit";
  return [
    { name: "bump-images, 1,500 images over 500 overlays", value: median(whole), unit: "s", bound: 1 },
    {
      ...{ name: "bump-images, one image, beyond Git's own commit", unit: "s", bound: 0.1 },
      value: median(alone) - median(own),
    },
    { name: "the same 1,500 images", value: beside.seconds, unit: "s", note },
  ];
}

async function build(at: Place): Promise<PinnedImage[]> {
  const ports = await connectBuilding({ root: at.root, logger: quiet });
  const inputs = { registry: at.registry, baseImage: undefined, airflowImage: undefined, pipelines: [] };
  const result = await buildImages({ ...inputs, dryRun: false }, ports);
  return parseBuiltImages(JSON.parse(result.outputs.images ?? "[]"));
}

async function bump({ root }: Place, images: readonly PinnedImage[]): Promise<void> {
  const ports = connectDelivery({ root, identity: committer, github: undefined, logger: quiet });
  const inputs = { environment: ENVIRONMENT, images, sourceCommit: undefined, commit: true };
  const result = await bumpImages({ ...inputs, pushBranch: undefined, dryRun: false, committer }, ports);
  if (result.outputs.commit === "") throw new Error("nothing was bumped");
}

/** What one would do without us; it writes the file anew, without its comments. */
function setByKustomize({ root, kustomize, pipelines }: Place, images: readonly PinnedImage[]): void {
  for (const name of pipelines) {
    const own = images.filter((image) => image.name.startsWith(`${name}-`));
    const set = own.map((image) => `${image.name}=${image.reference}`);
    const cwd = join(root, "overlays", ENVIRONMENT, "processing/pipelines", name);
    execFileSync(kustomize, ["edit", "set", "image", ...set], { cwd });
  }
}

async function touch(at: Place, path: string, text: string): Promise<void> {
  await writeFile(join(at.root, path), text);
  commitAll(at.root);
}

function commitAll(root: string): void {
  git(root, "add", "--all");
  git(root, "commit", "--quiet", "--message=bench");
}

function git(root: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}

/** A figure of something that did not happen would be worth nothing. */
function expectChanged(images: readonly PinnedImage[], count: number): void {
  const changed = images.filter((image) => image.changed).length;
  if (changed !== count) throw new Error(`${changed} of ${images.length} images changed, expected ${count}`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
