import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { RenderedObject } from "./rendered-objects.ts";

/** A place of an object that names an image. */
export interface ImageField {
  pointer: JsonPointer;
  /** The reference, as rendered. */
  image: string;
}

/** Keys that hold a list of containers, wherever they stand. */
const CONTAINER_LISTS = new Set(["containers", "initContainers", "ephemeralContainers", "sidecars"]);

/** Where the Spark kinds keep the part that names images. */
const SPARK_KINDS: Readonly<Record<string, readonly string[]>> = {
  SparkApplication: ["spec"],
  ScheduledSparkApplication: ["spec", "template"],
};

/**
 * Lists the images that an object would run.
 *
 * @param object a rendered object
 * @returns its image fields, those of pods' containers and those of the Spark kinds
 */
export function imageFields(object: RenderedObject): ImageField[] {
  // A definition describes containers; it runs none.
  if (object.kind === "CustomResourceDefinition") return [];
  const fields: ImageField[] = [];
  const take = (value: unknown, pointer: JsonPointer): void => {
    const { image } = record(value);
    if (typeof image === "string") fields.push({ pointer: pointTo(pointer, "image"), image });
  };
  const path = object.apiVersion.startsWith("sparkoperator.k8s.io/") ? SPARK_KINDS[object.kind] : undefined;
  if (path !== undefined) {
    const spec = path.reduce<unknown>((value, key) => record(value)[key], object);
    const pointer = pointTo("", ...path);
    take(spec, pointer);
    for (const role of ["driver", "executor"]) take(record(spec)[role], pointTo(pointer, role));
  }
  visitContainers(object, [], take);
  return fields;
}

/** @param path keys down to the value; a pointer is made of it only where there is a container */
function visitContainers(
  value: unknown,
  path: string[],
  take: (container: unknown, pointer: JsonPointer) => void,
): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (typeof child !== "object" || child === null) continue;
    path.push(key);
    if (CONTAINER_LISTS.has(key) && Array.isArray(child)) {
      for (const [index, container] of child.entries()) take(container, pointTo("", ...path, index));
    } else {
      visitContainers(child, path, take);
    }
    path.pop();
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
