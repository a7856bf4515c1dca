import type { Tree } from "./environments.ts";
import type { Finding } from "./finding.ts";
import { GeneratorSources } from "./generator-sources.ts";
import type { JsonPointer } from "./json-pointer.ts";
import type { ObjectSources } from "./object-sources.ts";
import { objectName, type RenderedObject } from "./rendered-objects.ts";

/** Where a finding stands, in the source and in what is rendered from it. */
export type Place = Pick<Finding, "file" | "line" | "column" | "rendered">;

/** Says where a value of a rendered object is written. */
export type PlaceObject = (object: RenderedObject, pointer?: JsonPointer) => Place;

/**
 * Puts findings about rendered objects where a person edits them. What no file of the repository holds (a
 * chart's object) is told at the kustomization that renders it.
 *
 * @param sources finds the objects in the files
 * @param options `environment`; `tree`, its files; `folderOf`, the folder that the object's Application renders
 */
export function placeObjects(
  sources: ObjectSources,
  options: {
    environment: string;
    tree: Tree;
    folderOf?: (object: RenderedObject) => string | undefined;
  },
): PlaceObject {
  const generators = new GeneratorSources(options.tree, options.environment);
  return (object, pointer = "") => {
    const { apiVersion, kind } = object;
    const { name, namespace } = object.metadata;
    const rendered = { object: objectName(object), pointer };
    const source =
      sources.locate({ apiVersion, kind, name, namespace }, pointer, object) ??
      generators.locate(object, pointer);
    if (source !== undefined) return { ...source, rendered };
    const folders = [options.folderOf?.(object), `overlays/${options.environment}`];
    const files = folders.flatMap((folder) => (folder === undefined ? [] : [`${folder}/kustomization.yaml`]));
    const file = files.find((path) => options.tree.has(path)) ?? files.at(-1) ?? "";
    return { file, line: 1, column: 1, rendered };
  };
}
