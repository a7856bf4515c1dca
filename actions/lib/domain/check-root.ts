import { didYouMean } from "./did-you-mean.ts";
import type { Tree } from "./environments.ts";
import type { Finding } from "./finding.ts";
import { pointTo } from "./json-pointer.ts";
import { KUSTOMIZATION_NAMES } from "./kustomization-references.ts";
import { ObjectSources } from "./object-sources.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import { isApplication, isWave, WAVE } from "./waves.ts";

/** What is checked: an environment as it was rendered, and the files it was rendered from. */
export interface CheckRootInput {
  environment: string;
  objects: readonly RenderedObject[];
  tree: Tree;
}

/**
 * Checks what must hold before the waves of an environment can be told: every Application names a folder that can be
 * rendered, and every wave is a whole number.
 *
 * @param input the environment
 * @returns an error for each that does not; with none of them, `environmentWaves` does not throw for these
 */
export function checkRoot({ environment, objects, tree }: CheckRootInput): Finding[] {
  const sources = new ObjectSources(tree, environment);
  const folders = new Set(
    [...tree.keys()]
      .filter((path) => KUSTOMIZATION_NAMES.some((name) => path.endsWith(`/${name}`)))
      .map((path) => path.slice(0, path.lastIndexOf("/"))),
  );
  return objects.flatMap((object) => {
    const { apiVersion, kind, metadata } = object;
    const place = (pointer: string): Pick<Finding, "file" | "line" | "column"> => {
      const { name, namespace } = metadata;
      const fallback = { file: `overlays/${environment}/kustomization.yaml`, line: 1, column: 1 };
      return sources.locate({ apiVersion, kind, name, namespace }, pointer, object) ?? fallback;
    };
    return [...checkWave(object, place), ...(isApplication(object) ? checkPath(object, folders, place) : [])];
  });
}

type Place = (pointer: string) => Pick<Finding, "file" | "line" | "column">;

function checkWave({ kind, metadata }: RenderedObject, place: Place): Finding[] {
  const wave: unknown = metadata.annotations?.[WAVE];
  if (wave === undefined || isWave(wave)) return [];
  return [
    {
      rule: "apps/wave",
      severity: "error",
      ...place(pointTo("", "metadata", "annotations", WAVE)),
      message: `the wave of ${kind} ${metadata.name} is ${JSON.stringify(wave)}`,
      expected: 'a whole number in quotes, for instance "6"',
    },
  ];
}

function checkPath(
  { spec, metadata }: RenderedObject,
  folders: ReadonlySet<string>,
  place: Place,
): Finding[] {
  const path = (spec as { source?: { path?: unknown } } | undefined)?.source?.path;
  if (typeof path === "string" && folders.has(path.replace(/\/+$/, ""))) return [];
  const hint = didYouMean(String(path), folders);
  return [
    {
      rule: "apps/missing-path",
      severity: "error",
      ...place("/spec/source/path"),
      message:
        typeof path === "string"
          ? `the Application ${metadata.name} syncs ${path}, which has no ${KUSTOMIZATION_NAMES[0]}`
          : `the Application ${metadata.name} has no spec.source.path`,
      expected: "a folder of the overlay that can be rendered",
      ...(hint === undefined ? {} : { fix: hint }),
    },
  ];
}
