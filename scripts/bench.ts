import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { resolveGoTool } from "kubeconform-wrapper";
import type { Cost } from "./bench/cost.ts";
import { benchDelivery } from "./bench/delivery.ts";
import { benchEcommerce } from "./bench/ecommerce.ts";
import { benchImages, type ImagesBench } from "./bench/images.ts";
import { benchManyImages } from "./bench/many-images.ts";
import { plotLines } from "./bench/plot.ts";
import { type Figure, holds, renderFigures } from "./bench/render-figures.ts";
import { benchValidation, type ValidationBench } from "./bench/validation.ts";
import { emptyCaches, timeScript } from "./bench/whole-commands.ts";
import { repositoryRoot, toolsDir } from "./setup/repository.ts";

const help = `npm run bench -- [options]

Measures what the README says, on this machine, and prints each figure beside what it must reach.

  --validation     measure validation alone: 500 pipelines beside kustomize and kubeconform, then 50 to 5,000
                   (--sizes 50,500 for others), and write docs/validation-time.svg
  --delivery       measure building, bumping and deliver.yml alone
  --ecommerce      measure the shop alone: its loads (--items 1000000 order items, or fewer), the generic silver
                   job beside one written by hand, ten jobs on a sample, and the memory of a job
  --cold           also measure the demo and the tests with empty caches (about 15 minutes)
  --rounds N       rounds of the image measurements; the median is told (default 5)
  -h, --help       this page`;

const { values } = parseArgs({
  options: {
    cold: { type: "boolean", default: false },
    validation: { type: "boolean", default: false },
    delivery: { type: "boolean", default: false },
    ecommerce: { type: "boolean", default: false },
    items: { type: "string", default: "1000000" },
    sizes: { type: "string", default: "50,500,1500,5000" },
    rounds: { type: "string", default: "5" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) process.stdout.write(`${help}\n`);
else if (values.validation) await benchAllSizes();
else if (values.ecommerce) await benchShop();
else await bench();

async function benchShop(): Promise<void> {
  const options = { items: Number(values.items), rounds: Number(values.rounds) };
  const figures = await benchEcommerce(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (!figures.every(holds)) process.exitCode = 1;
}

async function benchAllSizes(): Promise<void> {
  const sizes = values.sizes.split(",").map(Number);
  const measured: ValidationBench[] = [];
  for (const size of sizes) {
    process.stderr.write(`validation: ${size} pipelines\n`);
    measured.push(await benchValidation(size, { raw: size === 500 || sizes.length === 1, rounds: 3 }));
  }
  const lines = (["cold", "changed", "unchanged"] as const).map((name) => ({
    name: { cold: "cold", changed: "one pipeline changed", unchanged: "nothing changed" }[name],
    points: measured.map((one) => [one.pipelines, one[name].cpu] as const),
  }));
  if (measured.length > 1) {
    const plot = plotLines(lines, { x: "pipelines", y: "seconds of CPU" });
    writeFileSync(join(repositoryRoot, "docs/validation-time.svg"), plot);
  }
  const figures = measured.flatMap(validationFigures);
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (!figures.every(holds)) process.exitCode = 1;
}

/** The bounds are for 500 pipelines. */
function validationFigures({
  pipelines,
  objects,
  cold,
  changed,
  unchanged,
  raw,
  peakMiB,
}: ValidationBench): Figure[] {
  const at = `validate, ${pipelines} pipelines (${objects} objects)`;
  const bound = (value: number) => (pipelines === 500 ? { bound: value } : {});
  return [
    { name: `${at}, cold`, value: cold.seconds, unit: "s", note: cpuOf(cold) },
    ...(raw === undefined
      ? []
      : [
          {
            name: `${at}, beside the plain tools`,
            value: cold.seconds / raw.seconds,
            unit: "×",
            bound: 1.3,
            note: `kustomize and kubeconform: ${raw.seconds.toFixed(1)} s, ${cpuOf(raw)}: ${(cold.cpu / raw.cpu).toFixed(2)} × by CPU`,
          } as const,
        ]),
    {
      name: `${at}, one pipeline changed`,
      value: changed.seconds,
      unit: "s",
      ...bound(1),
      note: cpuOf(changed),
    },
    {
      name: `${at}, one changed, as a part of cold`,
      value: changed.seconds / cold.seconds,
      unit: "×",
      ...bound(0.1),
    },
    {
      name: `${at}, nothing changed`,
      value: unchanged.seconds,
      unit: "s",
      ...bound(0.5),
      note: cpuOf(unchanged),
    },
    { name: `${at}, peak memory of all its processes`, value: peakMiB, unit: "MiB", ...bound(512) },
  ];
}

function cpuOf({ cpu }: Cost): string {
  return `${cpu.toFixed(2)} s of CPU`;
}

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
  say("deliver.yml under act");
  figures.push(...(await benchDelivery(crane)));
  if (!values.delivery) figures.push(...wholeCommandFigures(say));
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (!figures.every(holds)) process.exitCode = 1;
}

function wholeCommandFigures(say: (line: string) => void): Figure[] {
  const scratch = mkdtempSync(join(tmpdir(), "wavehouse-bench-"));
  try {
    return [...(values.cold ? coldFigures(scratch, say) : []), ...warmFigures(scratch, say)];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
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
