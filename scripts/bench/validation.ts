import { execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { prepareSchemas, resolveGoTool } from "kubeconform-wrapper";
import { atOnce } from "../../actions/lib/adapters/at-once.ts";
import { connectValidation } from "../../actions/lib/adapters/connect-validation.ts";
import { overlayParts } from "../../actions/lib/domain/overlay-parts.ts";
import { parseVersions, VERSIONS_FILE } from "../../actions/lib/domain/versions.ts";
import { repositoryRoot, toolsDir } from "../setup/repository.ts";
import { type Cost, startClock } from "./cost.ts";
import { generateRepository } from "./generate-repository.ts";

/** What validating a generated repository costs. */
export interface ValidationBench {
  pipelines: number;
  objects: number;
  /** Nothing is remembered; one pipeline differs; nothing does. */
  cold: Cost;
  changed: Cost;
  unchanged: Cost;
  /** Kustomize of every folder on all cores, and kubeconform on what that gave. */
  raw: Cost | undefined;
  /** The peak of the processes together, in MiB. */
  peakMiB: number;
}

/**
 * Measures `npm run validate` on a repository of so many pipelines, each figure once.
 *
 * @param pipelines how many
 * @param options `raw`: also measure the plain tools; `rounds`: of the warm figures, whose median is told
 */
export async function benchValidation(
  pipelines: number,
  options: { raw: boolean; rounds: number },
): Promise<ValidationBench> {
  const scratch = mkdtempSync(join(tmpdir(), "wavehouse-bench-"));
  try {
    await generateRepository(scratch, pipelines);
    for (const args of [
      ["init", "-q"],
      ["add", "--all"],
    ])
      execFileSync("git", args, { cwd: scratch });
    // What every run needs is made before: it is the same for the plain tools.
    const raw = options.raw ? await timeRaw(scratch) : undefined;
    const cold = await timeValidate(scratch);
    const rounds = Array.from({ length: options.rounds }, (_, round) => round);
    const changed: Cost[] = [];
    const unchanged: Cost[] = [];
    for (const round of rounds) {
      appendFileSync(join(scratch, "pipelines/p0001/pipeline.yaml"), `# ${round}\n`);
      changed.push(await timeValidate(scratch));
      unchanged.push(await timeValidate(scratch));
    }
    return {
      pipelines,
      objects: cold.objects,
      cold,
      changed: median(changed),
      unchanged: median(unchanged),
      raw,
      peakMiB: cold.peakMiB,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The same folders, with the same programs and settings, on all cores; then kubeconform on all of it at once. */
async function timeRaw(root: string): Promise<Cost> {
  const { renderer } = connectValidation(root, toolsDir, { batches: false });
  const kubeconform = await resolveGoTool("kubeconform", { toolsDir });
  const { kubernetes } = parseVersions(readFileSync(join(root, VERSIONS_FILE))).of;
  const schemas = await prepareSchemas({ toolsDir, kubernetesVersion: kubernetes });
  const folders = overlayParts("overlays/local", await readTree(root));
  await renderer.render(folders[0] ?? "");
  const stop = startClock();
  const limit = atOnce(availableParallelism());
  const texts = await Promise.all(folders.map((folder) => limit(() => renderer.render(folder))));
  const template = join(schemas, "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json");
  spawnSync(kubeconform, ["-strict", "-ignore-missing-schemas", "-schema-location", template, "-"], {
    input: texts.join("---\n"),
    maxBuffer: 1024 * 1024 * 1024,
  });
  return stop();
}

async function readTree(root: string): Promise<Map<string, string>> {
  const { workspace } = connectValidation(root, toolsDir);
  const entries = await workspace.list("overlays");
  return new Map(entries.map(({ path }) => [path, readFileSync(join(root, path), "utf8")]));
}

/** Runs it as `npm run validate` does, in a process of its own, and watches how much memory all of it takes. */
async function timeValidate(root: string): Promise<Cost & { objects: number; peakMiB: number }> {
  const stop = startClock();
  const child = spawn(
    process.execPath,
    [join(repositoryRoot, "scripts/validate.ts"), "--json", "--root", root],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  let peak = 0;
  const watch = setInterval(() => {
    if (child.pid !== undefined) peak = Math.max(peak, residentKiB(child.pid));
  }, 100);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(watch);
  const cost = stop();
  if (code !== 0) throw new Error(`validate ended with ${code}: a figure of a failure is worth nothing`);
  const { objects } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { objects: number };
  return { ...cost, objects, peakMiB: peak / 1024 };
}

/** What a process and those that it started hold in memory; 0 where there is no `/proc`. */
function residentKiB(pid: number): number {
  try {
    const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return own + children.reduce((sum, child) => sum + residentKiB(Number(child)), 0);
  } catch {
    return 0;
  }
}

function median(costs: readonly Cost[]): Cost {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return { seconds: middle(costs.map(({ seconds }) => seconds)), cpu: middle(costs.map(({ cpu }) => cpu)) };
}
