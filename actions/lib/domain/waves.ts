import type { RenderedObject } from "./rendered-objects.ts";
import { UserError } from "./user-error.ts";

/** The annotation that says when Argo CD syncs an object. */
export const WAVE = "argocd.argoproj.io/sync-wave";

/** An Argo CD Application, as far as syncing it needs to be known. */
export interface ApplicationSync {
  name: string;
  wave: number;
  /** Folder that it renders, from the repository's root. */
  path: string;
  /** Where its objects go that name no namespace. */
  namespace: string;
}

/** What one Application brings in one wave. */
export interface WaveStep {
  wave: number;
  application: string;
  namespace: string;
  /** In the order in which Argo CD applies them as far as their own waves decide it. */
  objects: readonly RenderedObject[];
}

/**
 * Finds the Applications among rendered objects.
 *
 * @param objects what the root renders
 * @returns them, ordered by wave and name
 * @throws UserError when an Application has no path, or a wave that is no number
 */
function applicationsOf(objects: readonly RenderedObject[]): ApplicationSync[] {
  return objects
    .filter(isApplication)
    .map((object) => {
      const { source, destination } = (object.spec ?? {}) as Partial<Record<string, Record<string, unknown>>>;
      const { name } = object.metadata;
      if (typeof source?.path !== "string")
        throw new UserError(`the Application ${name} has no spec.source.path`);
      return {
        name,
        wave: waveOf(object),
        path: source.path,
        namespace: String(destination?.namespace ?? ""),
      };
    })
    .sort((a, b) => a.wave - b.wave || (a.name < b.name ? -1 : 1));
}

/**
 * Tells what Argo CD syncs, wave after wave.
 *
 * @param root folder that the root Application renders
 * @param rendered the objects that each Application's folder renders to, the root's among them, by folder
 * @returns one step for each Application (the root brings the projects first), ordered by wave and name
 * @throws UserError when an Application's folder is not among the rendered ones
 */
export function readWaves(
  root: string,
  rendered: ReadonlyMap<string, readonly RenderedObject[]>,
): WaveStep[] {
  const objects = rendered.get(root) ?? [];
  const steps = applicationsOf(objects).flatMap(({ name, wave, path, namespace }): WaveStep[] => {
    if (path === root) return rootSteps(name, namespace, objects);
    const own = rendered.get(path);
    if (own === undefined)
      throw new UserError(`the Application ${name} syncs ${path}, which was not rendered`);
    return [{ wave, application: name, namespace, objects: [...own].sort((a, b) => waveOf(a) - waveOf(b)) }];
  });
  return steps.sort((a, b) => a.wave - b.wave || (a.application < b.application ? -1 : 1));
}

/** How many folders are rendered at once. */
const AT_ONCE = 4;

/**
 * Renders an environment as Argo CD does, Application by Application, and tells the waves.
 *
 * @param environment name of the environment
 * @param render gives the objects of a folder
 * @returns as `readWaves`
 */
export async function environmentWaves(
  environment: string,
  render: (folder: string) => Promise<readonly RenderedObject[]>,
): Promise<WaveStep[]> {
  const root = `overlays/${environment}/cicd`;
  const rendered = new Map([[root, await render(root)]]);
  const waiting = applicationsOf(rendered.get(root) ?? []).filter(({ path }) => path !== root);
  while (waiting.length > 0) {
    const batch = waiting.splice(0, AT_ONCE);
    const objects = await Promise.all(batch.map(({ path }) => render(path)));
    for (const [index, { path }] of batch.entries()) rendered.set(path, objects[index] ?? []);
  }
  return readWaves(root, rendered);
}

/** The root's own objects that are not Applications: each wave of them is a step. */
function rootSteps(application: string, namespace: string, objects: readonly RenderedObject[]): WaveStep[] {
  const own = Map.groupBy(
    objects.filter((object) => !isApplication(object)),
    waveOf,
  );
  return [...own].map(([wave, group]) => ({ wave, application, namespace, objects: group }));
}

/** Whether an object is an Argo CD Application. */
export function isApplication(object: RenderedObject): boolean {
  return object.kind === "Application" && object.apiVersion.startsWith("argoproj.io/");
}

function waveOf(object: RenderedObject): number {
  const text = object.metadata.annotations?.[WAVE] ?? "0";
  if (!isWave(text)) {
    throw new UserError(
      `${object.kind} ${object.metadata.name}: ${WAVE} is ${JSON.stringify(text)}; expected a whole number in quotes`,
    );
  }
  return Number(text);
}

/** Whether an annotation's value is a wave. */
export function isWave(value: unknown): boolean {
  return typeof value === "string" && /^-?\d+$/.test(value);
}
