import { checkApplications } from "../lib/domain/check-applications.ts";
import { checkImages } from "../lib/domain/check-images.ts";
import { checkObjects } from "../lib/domain/check-objects.ts";
import { checkRoot } from "../lib/domain/check-root.ts";
import type { Tree } from "../lib/domain/environments.ts";
import { exceptionsOf } from "../lib/domain/exceptions.ts";
import type { Finding } from "../lib/domain/finding.ts";
import { ObjectSources } from "../lib/domain/object-sources.ts";
import { readImageEntries } from "../lib/domain/overlay-images.ts";
import { overlayParts } from "../lib/domain/overlay-parts.ts";
import { objectName, type RenderedObject } from "../lib/domain/rendered-objects.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { VERSIONS_FILE } from "../lib/domain/versions.ts";
import { environmentWaves, type WaveStep } from "../lib/domain/waves.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import type { ManifestProblem, ManifestValidator } from "../lib/ports/manifest-validator.ts";

import { keyOf, type Recall, remembered } from "./recall.ts";
import { definitionsIn, type RenderedFolder, RenderFolders } from "./render-folders.ts";

/** One environment, checked as it will be rendered. */
export interface CheckedEnvironment {
  environment: string;
  /** Objects that were checked against their schemas; `undefined` when they could not be. */
  objects: number | undefined;
  findings: Finding[];
  /** Files that it was rendered from and that are no manifests, with what they held; `undefined` where it is not known. */
  outside?: Readonly<Record<string, string | null>> | undefined;
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
  ports: {
    renderer: ManifestRenderer;
    validator: ManifestValidator;
    recall: Recall | undefined;
    /** Some of the tree's files could not be read, which was told. */
    isPartial?: boolean;
  },
): Promise<CheckedEnvironment> {
  const folder = `overlays/${environment}`;
  const { recall } = ports;
  const folders = new RenderFolders(ports.renderer, recall);
  const parts = await Promise.all(
    overlayParts(folder, tree).map((part) => orFindings(() => folders.render(part))),
  );
  const refused = parts.flatMap((part) => ("findings" in part ? part.findings : []));
  const rendered = parts.flatMap((part) => ("findings" in part ? [] : [part.value]));
  const objects = rendered.flatMap((part) => part.objects);
  if (objects.length === 0) {
    if (refused.length > 0) return { environment, objects: undefined, findings: refused };
    // kustomize has no such answer for an environment: it refuses a kustomization that is empty.
    throw new UserError(`rendering ${folder} gave nothing, so nothing is known of it`);
  }
  const sources = new ObjectSources(tree, environment);
  const validation = await orFindings(() => checkSchemas(rendered, folders, sources, ports));
  if ("findings" in validation) return { environment, objects: undefined, findings: validation.findings };
  const { checked } = validation.value;
  const findings = [...refused, ...checkCount(folder, objects.length, checked), ...validation.value.findings];
  // What a folder that does not render would have brought is missing to all others.
  if (refused.length > 0 || ports.isPartial) return { environment, objects: undefined, findings };
  const sync = await readSync(environment, objects, tree, folders);
  const readEntries: typeof readImageEntries = (file, text) =>
    remembered(recall, "images", file, keyOf(recall?.ids.get(file)), () => readImageEntries(file, text));
  findings.push(
    ...("findings" in sync
      ? sync.findings
      : checkApplications({
          environment,
          objects,
          steps: sync.steps,
          tree,
          unknown: validation.value.unknownKinds,
        })),
    ...checkObjects({
      environment,
      objects,
      steps: "steps" in sync ? sync.steps : [],
      tree,
      sources,
      found: checkImages({ environment, objects, tree, readEntries }),
      clean: new Set(rendered.flatMap((part) => (part.clean ? part.objects : []))),
    }),
  );
  const told = new Set(findings.flatMap((finding) => finding.rendered?.object ?? []));
  for (const part of rendered) {
    // With an exception, what it excepts must be found anew to say whether it is needed.
    if (part.objects.every((object) => !told.has(objectName(object)) && exceptionsOf(object).length === 0))
      folders.setClean(part);
  }
  return { environment, objects: checked, findings, outside: folders.outside() };
}

/** Checks the folders whose objects are not known to fit the very same schemas. */
async function checkSchemas(
  rendered: readonly RenderedFolder[],
  folders: RenderFolders,
  sources: ObjectSources,
  { validator, recall }: { validator: ManifestValidator; recall: Recall | undefined },
): Promise<{ checked: number; findings: Finding[]; unknownKinds: ReadonlySet<RenderedObject> }> {
  const definitions = definitionsIn(rendered, recall?.ids.get(VERSIONS_FILE));
  const known = rendered.filter(({ checked }) => checked === definitions.key);
  const unknown = rendered.filter(({ checked }) => checked !== definitions.key);
  const count = known.reduce((sum, { objects }) => sum + objects.length, 0);
  if (unknown.length === 0) return { checked: count, findings: [], unknownKinds: new Set() };
  const texts = await Promise.all(unknown.map((part) => folders.textOf(part)));
  const { checked, problems } = await validator.validate(joined(texts), definitions.texts);
  const wrong = new Set<RenderedFolder>();
  const unknownKinds = new Set<RenderedObject>();
  const findings = problems.map((problem) => {
    const { index, line } = unjoin(texts, problem.line);
    const part = unknown[index] as RenderedFolder;
    wrong.add(part);
    const object = part.objects.find((candidate) => isSame(candidate, problem));
    if (object !== undefined && /^(no-schema|removed-api)$/.test(problem.code)) unknownKinds.add(object);
    return locate({ ...problem, line }, part.folder, sources, object);
  });
  const all = unknown.reduce((sum, { objects }) => sum + objects.length, 0);
  if (checked === all) {
    for (const part of unknown) if (!wrong.has(part)) folders.setChecked(part, definitions.key);
  }
  return { checked: count + checked, findings, unknownKinds };
}

const SEPARATOR = "---\n";

function joined(texts: readonly string[]): string {
  return texts.map(ended).join(SEPARATOR);
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** Which of the joined texts a line comes from, and its line there. */
function unjoin(texts: readonly string[], line: number): { index: number; line: number } {
  let left = line;
  for (const [index, text] of texts.entries()) {
    const lines = ended(text).split("\n").length; // its own, and the separator's
    if (left <= lines || index === texts.length - 1) return { index, line: left };
    left -= lines;
  }
  return { index: 0, line };
}

/** What Argo CD will sync, wave after wave; the findings where that cannot be told. */
async function readSync(
  environment: string,
  objects: readonly RenderedObject[],
  tree: Tree,
  folders: RenderFolders,
): Promise<{ steps: WaveStep[] } | { findings: Finding[] }> {
  const root = checkRoot({ environment, objects, tree });
  if (root.length > 0) return { findings: root };
  const waves = await orFindings(() =>
    environmentWaves(environment, async (folder) => (await folders.render(folder)).objects),
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

function isSame({ apiVersion, kind, metadata }: RenderedObject, problem: ManifestProblem): boolean {
  const { name, namespace } = metadata;
  return (
    apiVersion === problem.apiVersion &&
    kind === problem.kind &&
    name === problem.name &&
    namespace === problem.namespace
  );
}

function locate(
  problem: ManifestProblem,
  folder: string,
  sources: ObjectSources,
  rendered: RenderedObject | undefined,
): Finding {
  const { code, apiVersion, kind, name, namespace, path, message } = problem;
  const place = sources.locate({ apiVersion, kind, name, namespace }, path, rendered);
  const object = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  const unknown = name === "" || kind === "";
  // What cannot be traced to a file is told by its line of the render.
  const who = unknown ? `line ${problem.line} of \`kustomize build ${folder}\`` : object;
  return {
    rule: code === "document" ? "manifest/not-an-object" : `manifest/${code}`,
    severity: code === "deprecated-api" ? "warning" : "error",
    ...(place ?? { file: `${folder}/kustomization.yaml`, line: 1, column: 1 }),
    rendered: { object, pointer: path },
    message: `${who}${path === "" ? "" : ` at ${path}`}: ${message}`,
    expected: EXPECTED[code](apiVersion, kind),
    fix: "correct it where it is written, in the base or the patch",
    ...(place === undefined ? {} : repairOf(message)),
  };
}

/** A number where text is wanted, as annotations, labels and variables are, and the other way about. */
function repairOf(message: string): Pick<Finding, "repair"> {
  if (/^got (?:number|integer|boolean), want string$/.test(message)) return { repair: "quote" };
  return /^got string, want (?:number|integer|boolean)$/.test(message) ? { repair: "unquote" } : {};
}
