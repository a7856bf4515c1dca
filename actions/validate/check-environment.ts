import { checkApplications } from "../lib/domain/check-applications.ts";
import { checkImages } from "../lib/domain/check-images.ts";
import { checkObjects } from "../lib/domain/check-objects.ts";
import { checkRoot } from "../lib/domain/check-root.ts";
import type { Tree } from "../lib/domain/environments.ts";
import type { Finding } from "../lib/domain/finding.ts";
import { ObjectSources } from "../lib/domain/object-sources.ts";
import { overlayParts } from "../lib/domain/overlay-parts.ts";
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
  const render = renderOnce(ports.renderer);
  const parts = await Promise.all(overlayParts(folder, tree).map((part) => orFindings(() => render(part))));
  const refused = parts.flatMap((part) => ("findings" in part ? part.findings : []));
  const rendered = parts.flatMap((part) => ("findings" in part ? [] : [part.value]));
  const objects = rendered.flatMap((part) => part.objects);
  if (objects.length === 0) {
    if (refused.length > 0) return { environment, objects: undefined, findings: refused };
    // kustomize has no such answer for an environment: it refuses a kustomization that is empty.
    throw new UserError(`rendering ${folder} gave nothing, so nothing is known of it`);
  }
  const validation = await orFindings(() => ports.validator.validate(joined(rendered)));
  if ("findings" in validation) return { environment, objects: undefined, findings: validation.findings };
  const { checked, problems } = validation.value;
  const sources = new ObjectSources(tree, environment);
  const findings = [
    ...refused,
    ...checkCount(folder, objects.length, checked),
    ...problems.map((problem) => locate(problem, rendered, sources)),
  ];
  // What a folder that does not render would have brought is missing to all others.
  if (refused.length > 0) return { environment, objects: undefined, findings };
  const sync = await readSync(environment, objects, tree, render);
  findings.push(
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
  );
  return { environment, objects: checked, findings };
}

/** A folder, as it was rendered. */
interface RenderedFolder {
  folder: string;
  text: string;
  objects: readonly RenderedObject[];
}

/** The whole and the Applications ask for the same folders. */
function renderOnce(renderer: ManifestRenderer): (folder: string) => Promise<RenderedFolder> {
  const rendered = new Map<string, Promise<RenderedFolder>>();
  return (folder) => {
    const known = rendered.get(folder);
    if (known !== undefined) return known;
    const fresh = renderer
      .render(folder)
      .then((text): RenderedFolder => ({ folder, text, objects: parseRendered(text) }));
    rendered.set(folder, fresh);
    return fresh;
  };
}

const SEPARATOR = "---\n";

function joined(rendered: readonly RenderedFolder[]): string {
  return rendered.map(({ text }) => (text.endsWith("\n") ? text : `${text}\n`)).join(SEPARATOR);
}

/** The folder that a line of the joined stream comes from, and its line there. */
function unjoin(rendered: readonly RenderedFolder[], line: number): { folder: string; line: number } {
  let left = line;
  for (const { folder, text } of rendered) {
    const lines = joined([{ folder, text, objects: [] }]).split("\n").length;
    if (left <= lines) return { folder, line: left };
    left -= lines;
  }
  return { folder: rendered.at(-1)?.folder ?? "", line: left };
}

/** What Argo CD will sync, wave after wave; the findings where that cannot be told. */
async function readSync(
  environment: string,
  objects: readonly RenderedObject[],
  tree: Tree,
  render: (folder: string) => Promise<RenderedFolder>,
): Promise<{ steps: WaveStep[] } | { findings: Finding[] }> {
  const root = checkRoot({ environment, objects, tree });
  if (root.length > 0) return { findings: root };
  const waves = await orFindings(() =>
    environmentWaves(environment, async (folder) => (await render(folder)).objects),
  );
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

function locate(
  problem: ManifestProblem,
  rendered: readonly RenderedFolder[],
  sources: ObjectSources,
): Finding {
  const { code, apiVersion, kind, name, namespace, path, message } = problem;
  const place = sources.locate({ apiVersion, kind, name, namespace }, path);
  const object = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  const unknown = name === "" || kind === "";
  const { folder, line } = unjoin(rendered, problem.line);
  // What cannot be traced to a file is told by its line of the render.
  const who = unknown ? `line ${line} of \`kustomize build ${folder}\`` : object;
  return {
    rule: code === "document" ? "manifest/not-an-object" : `manifest/${code}`,
    severity: code === "deprecated-api" ? "warning" : "error",
    ...(place ?? { file: `${folder}/kustomization.yaml`, line: 1, column: 1 }),
    rendered: { object, pointer: path },
    message: `${who}${path === "" ? "" : ` at ${path}`}: ${message}`,
    expected: EXPECTED[code](apiVersion, kind),
    fix: "correct it where it is written, in the base or the patch",
  };
}
