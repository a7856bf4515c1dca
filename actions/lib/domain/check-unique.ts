import type { Finding } from "./finding.ts";
import type { PlaceObject } from "./place-objects.ts";
import { groupOf } from "./pods.ts";
import { objectName, type RenderedObject } from "./rendered-objects.ts";

/**
 * Checks that no two objects are one to the API server: group, kind, namespace and name, whatever the version.
 *
 * @param objects the rendered objects
 * @param place says where a value is written
 * @returns an error for each object that is there already
 */
export function checkUnique(objects: readonly RenderedObject[], place: PlaceObject): Finding[] {
  const first = new Map<string, RenderedObject>();
  return objects.flatMap((object): Finding[] => {
    const { name, namespace = "" } = object.metadata;
    const id = `${groupOf(object.apiVersion)}/${object.kind} ${namespace}/${name}`;
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, object);
      return [];
    }
    const other = earlier.apiVersion === object.apiVersion ? "" : `, as ${earlier.apiVersion}`;
    return [
      {
        rule: "object/twice",
        severity: "error",
        ...place(object, "/metadata/name"),
        message: `${objectName(object)} is rendered twice${other}`,
        expected: "each name once in its namespace",
        fix: "rename or delete one of the two",
      },
    ];
  });
}
