import { parseAllDocuments } from "yaml";

/** One Kubernetes object as it was rendered. */
export interface RenderedObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/**
 * Reads the objects of a rendered stream.
 *
 * @param stream multi-document YAML, as kustomize writes it
 * @returns the objects, in the stream's order; empty documents are none
 * @throws Error when the stream holds something else than objects: kustomize never writes that
 */
export function parseRendered(stream: string): RenderedObject[] {
  const objects: RenderedObject[] = [];
  for (const document of parseAllDocuments(stream)) {
    const error = document.errors[0];
    if (error !== undefined) throw new Error(`the rendered stream is not YAML: ${error.message}`);
    const value: unknown = document.toJS();
    if (value === null) continue;
    if (!isObject(value)) throw new Error(`not a Kubernetes object: ${JSON.stringify(value)?.slice(0, 200)}`);
    objects.push(value);
  }
  return objects;
}

/**
 * Names an object as people do.
 *
 * @param object the object
 * @returns `Kind namespace/name`, or `Kind name` where it has no namespace
 */
export function objectName(object: RenderedObject): string {
  const { name, namespace } = object.metadata;
  return `${object.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function isObject(value: unknown): value is RenderedObject {
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<RenderedObject>;
  return typeof apiVersion === "string" && typeof kind === "string" && typeof metadata?.name === "string";
}
