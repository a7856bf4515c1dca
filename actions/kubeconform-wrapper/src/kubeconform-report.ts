/** What kubeconform says of one object, in `-output json`. */
export interface KubeconformResource {
  kind: string;
  name: string;
  version: string;
  /** Empty for a document without an object. */
  status: "statusValid" | "statusInvalid" | "statusError" | "statusSkipped" | "";
  msg: string;
  validationErrors: { path: string; msg: string }[];
}

const statuses = new Set(["statusValid", "statusInvalid", "statusError", "statusSkipped", ""]);

/**
 * Reads kubeconform's JSON.
 *
 * @param text its standard output
 * @returns the objects, in the order of the output
 * @throws Error when it is not what kubeconform 0.8 writes; nothing is guessed
 */
export function parseReport(text: string): KubeconformResource[] {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new Error(`kubeconform wrote no JSON: ${text.slice(0, 200)}`, { cause: error });
  }
  const resources = isRecord(report) ? report.resources : undefined;
  if (!Array.isArray(resources)) throw new Error("kubeconform's JSON has no list of resources");
  return resources.map(readResource);
}

function readResource(value: unknown): KubeconformResource {
  if (!isRecord(value)) throw new Error("kubeconform's JSON has a resource that is no object");
  const { kind, name, version, status, msg, validationErrors = [] } = value;
  const strings = [kind, name, version, status, msg];
  if (!strings.every((part) => typeof part === "string") || !statuses.has(String(status))) {
    throw new Error(
      `kubeconform's JSON has a resource of another shape: ${JSON.stringify(value).slice(0, 200)}`,
    );
  }
  return {
    kind: String(kind),
    name: String(name),
    version: String(version),
    status: status as KubeconformResource["status"],
    msg: String(msg),
    validationErrors: Array.isArray(validationErrors) ? validationErrors.map(readError) : [],
  };
}

function readError(value: unknown): { path: string; msg: string } {
  if (!isRecord(value)) throw new Error("kubeconform's JSON has a validation error that is no object");
  return { path: String(value.path ?? ""), msg: String(value.msg ?? "") };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
