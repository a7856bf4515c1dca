import type { EnvironmentObject } from "./environment-objects.ts";
import type { Finding } from "./finding.ts";
import { pointTo } from "./json-pointer.ts";
import type { PlaceObject } from "./place-objects.ts";
import { type Fields, fields, groupOf, type PodTemplate, parts, podTemplates } from "./pods.ts";
import { objectName } from "./rendered-objects.ts";

/**
 * Checks that selectors select: a workload's its own pods, a Service's and a disruption budget's at least one pod of
 * their namespace, and a Service's named ports a container's.
 *
 * @param objects the environment's
 * @param place says where a value is written
 * @returns an error for each that does not
 */
export function checkSelectors(objects: readonly EnvironmentObject[], place: PlaceObject): Finding[] {
  const pods = new PodIndex(objects);
  return objects.flatMap((entry): Finding[] => {
    const { object } = entry;
    const kind = `${groupOf(object.apiVersion)}/${object.kind}`;
    if (WORKLOADS.has(kind)) return checkOwn(entry, place);
    if (kind === "/Service") return checkService(entry, pods, place);
    return kind === "policy/PodDisruptionBudget" ? checkBudget(entry, pods, place) : [];
  });
}

const WORKLOADS = new Set(["apps/DaemonSet", "apps/Deployment", "apps/ReplicaSet", "apps/StatefulSet"]);

/** Pod templates by namespace and label, so that a selector looks only at those that have one of its labels. */
class PodIndex {
  readonly #byLabel = new Map<string, PodTemplate[]>();

  constructor(objects: readonly EnvironmentObject[]) {
    for (const { object, namespace } of objects) {
      for (const template of podTemplates(object)) {
        for (const [key, value] of Object.entries(template.labels)) {
          const id = `${namespace} ${key}=${value}`;
          const same = this.#byLabel.get(id);
          if (same === undefined) this.#byLabel.set(id, [template]);
          else same.push(template);
        }
      }
    }
  }

  /** @returns the templates that have all of the labels */
  select(namespace: string | undefined, labels: Fields): PodTemplate[] {
    const wanted = Object.entries(labels);
    const candidates = wanted.map(([key, value]) => this.#byLabel.get(`${namespace} ${key}=${value}`) ?? []);
    const fewest = candidates.sort((a, b) => a.length - b.length)[0] ?? [];
    return fewest.filter((template) => wanted.every(([key, value]) => template.labels[key] === value));
  }
}

function checkOwn({ object }: EnvironmentObject, place: PlaceObject): Finding[] {
  const labels = fields(fields(fields(object.spec).selector).matchLabels);
  const [template] = podTemplates(object);
  const wrong = Object.entries(labels).filter(([key, value]) => template?.labels[key] !== value);
  return wrong.map(([key, value]) => ({
    rule: "selector/template",
    severity: "error",
    ...place(object, pointTo("", "spec", "selector", "matchLabels", key)),
    message: `${objectName(object)} selects ${key}=${String(value)}, and its pods have ${template?.labels[key] === undefined ? "no such label" : `${key}=${template.labels[key]}`}`,
    expected: "a label that the template has",
    fix: "give the selector and the template's metadata.labels the same labels",
  }));
}

function checkService(entry: EnvironmentObject, pods: PodIndex, place: PlaceObject): Finding[] {
  const { object, namespace } = entry;
  const spec = fields(object.spec);
  // Without a selector somebody else keeps its endpoints.
  const selector = fields(spec.selector);
  if (Object.keys(selector).length === 0 || spec.type === "ExternalName") return [];
  const selected = pods.select(namespace, selector);
  if (selected.length === 0) return [noPods(entry, "/spec/selector", selector, place)];
  return parts(spec.ports, "/spec/ports").flatMap(({ value, pointer }): Finding[] => {
    const { targetPort } = value;
    if (typeof targetPort !== "string" || selected.some((template) => hasPort(template, targetPort)))
      return [];
    return [
      {
        rule: "selector/port",
        severity: "error",
        ...place(object, pointTo(pointer, "targetPort")),
        message: `${objectName(object)} sends to the port \`${targetPort}\`, and no container of its pods names one so`,
        expected: "the name of a containerPort, or its number",
        fix: "correct targetPort, or name the container's port",
      },
    ];
  });
}

function hasPort({ containers }: PodTemplate, name: string): boolean {
  return containers.some(({ value }) => parts(value.ports, "").some((port) => port.value.name === name));
}

function checkBudget(entry: EnvironmentObject, pods: PodIndex, place: PlaceObject): Finding[] {
  const { matchLabels, matchExpressions } = fields(fields(entry.object.spec).selector);
  const labels = fields(matchLabels);
  if (matchExpressions !== undefined || Object.keys(labels).length === 0) return [];
  return pods.select(entry.namespace, labels).length > 0
    ? []
    : [noPods(entry, "/spec/selector/matchLabels", labels, place)];
}

function noPods(
  { object, namespace }: EnvironmentObject,
  pointer: string,
  labels: Fields,
  place: PlaceObject,
): Finding {
  const told = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return {
    rule: "selector/no-pods",
    severity: "error",
    ...place(object, pointer),
    message: `${objectName(object)} selects ${told.join(",")}, which no pod of the namespace ${namespace} has`,
    expected: "labels of a workload's pod template",
    fix: "correct the selector, or the pods' labels",
  };
}
