import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { resolveGoTool } from "kubeconform-wrapper";
import { benchImages, type ImagesBench } from "./bench/images.ts";
import { benchManyImages } from "./bench/many-images.ts";
import { type Figure, renderFigures } from "./bench/render-figures.ts";
import { emptyCaches, timeScript } from "./bench/whole-commands.ts";
import { repositoryRoot, toolsDir } from "./setup/repository.ts";

const help = `npm run bench -- [options]

Measures what the README says, on this machine, and prints each figure beside what it must reach.

  --cold           also measure the demo and the tests with empty caches (about 15 minutes)
  --rounds N       rounds of the image measurements; the median is told (default 5)
  -h, --help       this page`;

const { values } = parseArgs({
  options: {
    cold: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) process.stdout.write(`${help}\n`);
else await bench();

async function bench(): Promise<void> {
  const figures: Figure[] = [];
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say("images: three changed, none changed, beside Docker where there is one");
  const crane = await resolveGoTool("crane", { toolsDir });
  figures.push(
    ...imageFigures(await benchImages({ root: repositoryRoot, crane, rounds: Number(values.rounds) })),
  );

  const kustomize = await resolveGoTool("kustomize", { toolsDir });
  figures.push(...(await benchManyImages({ crane, kustomize }, say)));

  const scratch = mkdtempSync(join(tmpdir(), "wavehouse-bench-"));
  try {
    if (values.cold) figures.push(...coldFigures(scratch, say));
    figures.push(...warmFigures(scratch, say));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (figures.some(({ value, bound }) => bound !== undefined && value > bound)) process.exitCode = 1;
}

function imageFigures(bench: ImagesBench): Figure[] {
  const { images, changed, unchanged, docker } = bench;
  const own: Figure[] = [
    { name: `build-images, ${images} changed`, value: changed, unit: "s", bound: 1 },
    { name: `build-images, ${images} unchanged`, value: unchanged, unit: "s", bound: 0.3 },
  ];
  if ("unavailable" in docker) {
    process.stderr.write(`not compared with docker build: ${docker.unavailable}\n`);
    return own;
  }
  const note = "docker build and push of the same files, divided by ours";
  return [
    ...own,
    { name: "beside Docker, changed", value: docker.changed / changed, unit: "×", note },
    { name: "beside Docker, unchanged", value: docker.unchanged / unchanged, unit: "×", note },
  ];
}

/** Each command with caches of its own, all empty, and a clone of its own. */
function coldFigures(scratch: string, say: (line: string) => void): Figure[] {
  say("demo, empty caches");
  const demo = timeScript(clone(scratch, "cold-demo"), "demo", [], emptyCaches(join(scratch, "demo-caches")));
  say("npm test, empty caches");
  const test = timeScript(clone(scratch, "cold-test"), "test", [], emptyCaches(join(scratch, "test-caches")));
  return [
    { name: "demo, cold: all downloads and builds", value: demo.seconds, unit: "s", bound: 240 },
    { name: "npm test, cold: all downloads and builds", value: test.seconds, unit: "s", bound: 600 },
  ];
}

function warmFigures(scratch: string, say: (line: string) => void): Figure[] {
  const folder = clone(scratch, "warm");
  execFileSync(process.execPath, ["scripts/bootstrap.mjs"], { cwd: folder, stdio: "ignore" });
  say("demo, warm");
  const warm = timeScript(folder, "demo");
  say("demo, nothing changed");
  const unchanged = timeScript(folder, "demo");
  say("npm test, its vitest part");
  const vitest = timeScript(folder, "test", ["--only", "vitest"]);
  return [
    { name: "demo, warm", value: warm.seconds, unit: "s", bound: 75 },
    { name: "demo, peak memory of everything together", value: warm.peakMiB, unit: "MiB", bound: 4096 },
    { name: "demo, nothing changed", value: unchanged.seconds, unit: "s", bound: 10 },
    { name: "npm test, its vitest part", value: vitest.seconds, unit: "s", bound: 60 },
  ];
}

function clone(scratch: string, name: string): string {
  const folder = join(scratch, name);
  execFileSync("git", ["clone", "-q", repositoryRoot, folder]);
  return folder;
}
