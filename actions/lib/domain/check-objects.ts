import { checkReferences } from "./check-references.ts";
import { checkSelectors } from "./check-selectors.ts";
import { checkUnique } from "./check-unique.ts";
import { environmentObjects } from "./environment-objects.ts";
import type { Tree } from "./environments.ts";
import { applyExceptions } from "./exceptions.ts";
import type { Finding } from "./finding.ts";
import type { ObjectSources } from "./object-sources.ts";
import { placeObjects } from "./place-objects.ts";
import { fields } from "./pods.ts";
import { checkPolicy } from "./policy.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import { findRule, unknownRule } from "./rules.ts";
import { isApplication, type WaveStep } from "./waves.ts";

/** What is checked: what an environment renders to, and when its Applications sync it. */
export interface CheckObjectsInput {
  environment: string;
  objects: readonly RenderedObject[];
  /** Empty where it could not be told; then nothing is checked that depends on it. */
  steps: readonly WaveStep[];
  /** The files it was rendered from. */
  tree: Tree;
  sources: ObjectSources;
  /** What other checks found in the objects, which annotations may except too. */
  found?: readonly Finding[];
  /** Objects that are known to keep every policy. */
  clean?: ReadonlySet<RenderedObject>;
}

/**
 * Checks an environment's objects against each other and against the policies.
 *
 * @param input the environment
 * @returns what is wrong, with what was found before, without what annotations except
 */
export function checkObjects(input: CheckObjectsInput): Finding[] {
  const { environment, objects, steps, tree, sources, found = [], clean } = input;
  const folders = foldersOf(objects, steps);
  const folderOf = (object: RenderedObject): string | undefined => folders.get(idOf(object));
  const place = placeObjects(sources, { environment, tree, folderOf });
  const synced = environmentObjects(steps);
  const findings = [
    ...found,
    ...checkUnique(objects, place),
    ...checkReferences({ environment, objects: synced, place }),
    ...checkSelectors(synced, place),
    ...checkPolicy(clean === undefined ? objects : objects.filter((object) => !clean.has(object)), place),
  ];
  return applyExceptions(objects, findings, { ruleOf: findRule, unknown: unknownRule, place });
}

/** The folder that each object's Application renders. */
function foldersOf(
  objects: readonly RenderedObject[],
  steps: readonly WaveStep[],
): ReadonlyMap<string, string> {
  const paths = new Map(
    objects.filter(isApplication).map((object) => {
      const path = fields(fields(object.spec).source).path;
      return [object.metadata.name, typeof path === "string" ? path : ""];
    }),
  );
  return new Map(
    steps.flatMap(({ application, objects: own }) =>
      own.map((object): [string, string] => [idOf(object), paths.get(application) ?? ""]),
    ),
  );
}

function idOf({ apiVersion, kind, metadata }: RenderedObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}
