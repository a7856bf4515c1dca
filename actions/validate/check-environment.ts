import { checkApplications } from "../lib/domain/check-applications.ts";
import { checkImages } from "../lib/domain/check-images.ts";
import { checkObjects } from "../lib/domain/check-objects.ts";
import { checkRoot } from "../lib/domain/check-root.ts";
import type { Tree } from "../lib/domain/environments.ts";
import type { Finding } from "../lib/domain/finding.ts";
import { ObjectSources } from "../lib/domain/object-sources.ts";
import { parseRendered, type RenderedObject } from "../lib/domain/rendered-objects.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { environmentWaves, type WaveStep } from "../lib/domain/waves.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import type { ManifestProblem, ManifestValidator } from "../lib/ports/manifest-validator.ts";

/** One environment, checked as it will be rendered. */
export interface CheckedEnvironment {
  environment: string;
  /** Objects that were checked against their schemas; `undefined` when they could not be. */
  objects: number | undefined;
  findings: Finding[];
}

/**
 * Renders an environment, whole and as its Applications will sync it, and checks every object.
 *
 * @param environment name of the environment
 * @param tree the files that it is rendered from
 * @param ports what renders and validates
 * @returns what was found
 * @throws UserError when a tool cannot be had
 */
export async function checkEnvironment(
  environment: string,
  tree: Tree,
  ports: { renderer: ManifestRenderer; validator: ManifestValidator },
): Promise<CheckedEnvironment> {
  const folder = `overlays/${environment}`;
  const stream = await orFindings(() => ports.renderer.render(folder));
  if ("findings" in stream) return { environment, objects: undefined, findings: stream.findings };
  const objects = parseRendered(stream.value);
  // kustomize has no such answer for an environment: it refuses a kustomization that is empty.
  if (objects.length === 0)
    throw new UserError(`rendering ${folder} gave nothing, so nothing is known of it`);
  const validation = await orFindings(() => ports.validator.validate(stream.value));
  if ("findings" in validation) return { environment, objects: undefined, findings: validation.findings };
  const { checked, problems } = validation.value;
  const sources = new ObjectSources(tree, environment);
  const sync = await readSync(environment, objects, tree, ports.renderer);
  const findings = [
    ...checkCount(folder, objects.length, checked),
    ...problems.map((problem) => locate(problem, folder, sources)),
    ...("findings" in sync
      ? sync.findings
      : checkApplications({ environment, objects, steps: sync.steps, tree })),
    ...checkObjects({
      environment,
      objects,
      steps: "steps" in sync ? sync.steps : [],
      tree,
      sources,
      found: checkImages({ environment, objects, tree }),
    }),
  ];
  return { environment, objects: checked, findings };
}

/** What Argo CD will sync, wave after wave; the findings where that cannot be told. */
async function readSync(
  environment: string,
  objects: readonly RenderedObject[],
  tree: Tree,
  renderer: ManifestRenderer,
): Promise<{ steps: WaveStep[] } | { findings: Finding[] }> {
  const root = checkRoot({ environment, objects, tree });
  if (root.length > 0) return { findings: root };
  const render = async (folder: string): Promise<RenderedObject[]> =>
    parseRendered(await renderer.render(folder));
  const waves = await orFindings(() => environmentWaves(environment, render));
  return "findings" in waves ? waves : { steps: waves.value };
}

/** The user's faults become findings beside the others; what is no fault of a file's ends the run. */
async function orFindings<T>(work: () => Promise<T>): Promise<{ value: T } | { findings: Finding[] }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof UserError && error.findings.length > 0) return { findings: [...error.findings] };
    throw error;
  }
}

/** An object that is rendered and not checked would be one skipped silently. */
function checkCount(folder: string, rendered: number, checked: number): Finding[] {
  if (rendered === checked) return [];
  return [
    {
      rule: "overlay/not-all-checked",
      severity: "error",
      file: `${folder}/kustomization.yaml`,
      line: 1,
      column: 1,
      message: `${rendered} objects were rendered and ${checked} checked`,
      expected: "every object to be checked",
      fix: "this is a fault of the validator: report it with the output of `kustomize build`",
    },
  ];
}

type ProblemCode = ManifestProblem["code"];

const EXPECTED: Record<ProblemCode, (apiVersion: string, kind: string) => string> = {
  schema: (apiVersion, kind) => `what the schema of ${apiVersion} ${kind} allows`,
  "no-schema": () => "a kind of the Kubernetes that is deployed, or of a CRD that this repository installs",
  "removed-api": () => "an API that the Kubernetes that is deployed serves",
  "deprecated-api": () => "an API that stays",
  document: () => "one Kubernetes object a document",
};

function locate(problem: ManifestProblem, folder: string, sources: ObjectSources): Finding {
  const { code, apiVersion, kind, name, namespace, path, message } = problem;
  const place = sources.locate({ apiVersion, kind, name, namespace }, path);
  const object = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  const unknown = name === "" || kind === "";
  // What cannot be traced to a file is told by its line of the render.
  const rendered = unknown ? `line ${problem.line} of \`kustomize build ${folder}\`` : object;
  return {
    rule: code === "document" ? "manifest/not-an-object" : `manifest/${code}`,
    severity: code === "deprecated-api" ? "warning" : "error",
    ...(place ?? { file: `${folder}/kustomization.yaml`, line: 1, column: 1 }),
    rendered: { object, pointer: path },
    message: `${rendered}${path === "" ? "" : ` at ${path}`}: ${message}`,
    expected: EXPECTED[code](apiVersion, kind),
    fix: "correct it where it is written, in the base or the patch",
  };
}
