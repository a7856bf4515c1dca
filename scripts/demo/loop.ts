import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { run as buildImages } from "../../actions/build-images/run.ts";
import { run as bumpImages } from "../../actions/bump-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { connectDelivery } from "../../actions/lib/adapters/connect-delivery.ts";
import { connectValidation } from "../../actions/lib/adapters/connect-validation.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";
import type { ActionResult } from "../../actions/lib/domain/action-result.ts";
import { type PinnedImage, parseBuiltImages } from "../../actions/lib/domain/built-image.ts";
import { parseRendered } from "../../actions/lib/domain/rendered-objects.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { environmentWaves } from "../../actions/lib/domain/waves.ts";
import type { ManifestRenderer } from "../../actions/lib/ports/manifest-renderer.ts";
import { renderWavesText } from "../../actions/lib/render/render-waves.ts";
import { run as validate } from "../../actions/validate/run.ts";
import { prepareClassArchive } from "../setup/class-archive.ts";
import { loopTools } from "../setup/go.ts";
import { prepare } from "../setup/prepare.ts";
import { toolsDir } from "../setup/repository.ts";
import { Cleanup } from "./cleanup.ts";
import { type Demo, demoPipeline } from "./context.ts";
import type { DemoOptions } from "./options.ts";
import { paint, StepPrinter } from "./print.ts";
import { watchMemory } from "./process-memory.ts";
import { type DemoRegistry, startRegistry } from "./registry.ts";
import { type DataRun, type DataServices, runData, startData } from "./run-data.ts";
import { addQualityRule, type Scratch, syncScratch } from "./scratch.ts";
import { showResult } from "./show-result.ts";
import { chooseSource } from "./source.ts";
import { claimStore, type DemoFolders, demoFolders, forget, readLastRun, writeLastRun } from "./state.ts";

const environment = "local";

/**
 * Takes one change through the whole loop and runs the data.
 *
 * @param checkout absolute path of the user's repository; it is only read
 * @param options what the command line said
 * @throws UserError when a step refuses what it was given
 */
export async function runDemo(checkout: string, options: DemoOptions): Promise<void> {
  const started = performance.now();
  const peakMemory = watchMemory();
  const print = new StepPrinter();
  const cleanup = new Cleanup();
  const folders = demoFolders(cacheRoot(), checkout);
  if (options.fresh) forget(folders);
  try {
    const prepared = await print.step("prepare", "pinned tools, Python, jars and Java", () =>
      prepareAll((line) => print.line(line)),
    );
    const scratch = await print.step("change", "on a scratch copy; your checkout stays as it is", async () =>
      takeChange(checkout, folders, print),
    );
    const demo: Demo = { checkout, options, folders, prepared, scratch, print, cleanup };
    const services = await deliverAndRun(demo);
    const total = (performance.now() - started) / 1000;
    printTimes(print, total, peakMemory());
    if (options.keep && services !== undefined) await waitForInterrupt(demo, services);
  } finally {
    await cleanup.stopAll();
  }
}

/** @returns what runs the data, where it was started */
async function deliverAndRun(demo: Demo): Promise<DataServices | undefined> {
  const { folders, options, print, scratch } = demo;
  const source = await chooseSource(
    options,
    join(demo.checkout, "pipelines", demoPipeline, "sample", `${demoPipeline}.json`),
  );
  claimStore(folders, source.id);
  const lastRun = readLastRun(folders);
  // Airflow needs some seconds to come up; when there is something to run it does so while images are built.
  const likely = scratch.changed || options.rerun || options.keep || lastRun === undefined;
  const early = likely ? await startData(demo, source) : undefined;

  const tree = connectValidation(scratch.folder, toolsDir);
  await print.step("validate", "schema, meaning, and every rendered object", async () => {
    const result = await validate({ fix: false }, { ...tree, logger: demoLogger(print) });
    requireOk(result);
  });
  const registry = await openRegistry(demo);
  const images = await print.step("build and push", `one layer an image, to ${registry.host}`, () =>
    build(demo, registry),
  );
  const commit = await print.step("bump", `images: in overlays/${environment}, one commit`, () =>
    bump(demo, images),
  );
  await print.step("render", `overlays/${environment}, as Argo CD will; its waves`, () =>
    render(demo, tree.renderer),
  );
  if (!options.rerun && lastRun?.commit === commit) {
    await print.step("run", "nothing to do", async () => {
      print.line(
        "Nothing changed since the last run: nothing was built, bumped or run. --rerun runs it again.",
      );
      showResult(demo, lastRun);
    });
    return early;
  }
  const services = early ?? (await startData(demo, source));
  const run: DataRun = await print.step("run", `Airflow and Spark, bronze to gold, from ${source.name}`, () =>
    runData(demo, source, services),
  );
  writeLastRun(folders, { commit, partition: run.partition, runId: run.runId });
  await print.step("result", "what readers see", async () => showResult(demo, run));
  return services;
}

async function prepareAll(log: (line: string) => void): Promise<Demo["prepared"]> {
  const prepared = await prepare(loopTools, log);
  const { python, java, jars } = prepared;
  const started = performance.now();
  await prepareClassArchive({ python: python.python, javaHome: java.home, jars });
  const seconds = (performance.now() - started) / 1000;
  if (seconds > 2) log(`Spark's class archive: ready after ${seconds.toFixed(1)} s`);
  return prepared;
}

function takeChange(checkout: string, folders: DemoFolders, print: StepPrinter): Scratch {
  const scratch = syncScratch(checkout, folders.scratch, addQualityRule);
  if (!scratch.changed) {
    print.line("no change since the last demo");
    return scratch;
  }
  const whose =
    scratch.author === "you" ? "your working tree's changes" : "one more quality rule, made by the demo";
  print.line(whose);
  print.diff(scratch.diff, 16);
  return scratch;
}

async function openRegistry(demo: Demo): Promise<DemoRegistry> {
  const registry = await startRegistry({
    crane: demo.prepared.tools.crane,
    port: demo.options.ports.registry,
    disk: demo.folders.registry,
  });
  demo.cleanup.add("the registry", () => registry.stop());
  return registry;
}

async function build(demo: Demo, registry: DemoRegistry): Promise<readonly PinnedImage[]> {
  const result = await buildImages(
    {
      registry: registry.host,
      baseImage: undefined,
      airflowImage: undefined,
      pipelines: [demoPipeline],
      dryRun: false,
    },
    await connectBuilding({ root: demo.scratch.folder, logger: demoLogger(demo.print) }),
  );
  requireOk(result);
  await registry.save();
  return parseBuiltImages(JSON.parse(result.outputs.images ?? "[]"));
}

/** @returns the commit that holds the bump, or the one before it when nothing moved */
async function bump(demo: Demo, images: readonly PinnedImage[]): Promise<string> {
  const committer = { name: "wavehouse demo", email: "demo@wavehouse.invalid" };
  const delivery = connectDelivery({
    root: demo.scratch.folder,
    identity: committer,
    github: undefined,
    logger: demoLogger(demo.print),
  });
  const result = await bumpImages(
    {
      environment,
      images,
      sourceCommit: undefined,
      commit: true,
      pushBranch: undefined,
      dryRun: false,
      committer,
    },
    delivery,
  );
  requireOk(result);
  return result.outputs.commit || delivery.sourceControl.head();
}

async function render(demo: Demo, renderer: ManifestRenderer): Promise<void> {
  const stream = await renderer.render(`overlays/${environment}`);
  writeFileSync(demo.folders.rendered, stream);
  const waves = await environmentWaves(environment, async (folder) =>
    parseRendered(await renderer.render(folder)),
  );
  demo.print.line(`${parseRendered(stream).length} objects in ${demo.folders.rendered}`);
  for (const line of renderWavesText(waves).trimEnd().split("\n")) demo.print.line(line);
}

function requireOk(result: ActionResult): void {
  if (!result.ok) throw new UserError(result.annotations.filter(({ severity }) => severity === "error"));
}

function demoLogger(print: StepPrinter) {
  return terminalLogger((text) => {
    for (const line of text.trimEnd().split("\n")) print.line(line);
  });
}

function printTimes(print: StepPrinter, total: number, peakMiB: number | undefined): void {
  const parts = print.times.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`).join(" · ");
  print.line();
  print.line(`${paint("bold", `${total.toFixed(1)} s in all`)}: ${parts}`);
  if (peakMiB !== undefined) print.line(`peak memory of everything together: ${Math.round(peakMiB)} MiB`);
}

async function waitForInterrupt(demo: Demo, { airflow }: DataServices): Promise<void> {
  await airflow.ready();
  demo.print.line();
  demo.print.line(
    `Airflow: ${airflow.url}, user ${airflow.login.user}, password in ${airflow.login.passwordFile}`,
  );
  demo.print.line("Everything is still running; Ctrl-C ends it.");
  await new Promise<never>(() => {
    // The signal's handler ends the process.
    setInterval(() => undefined, 60_000);
  });
}
