import type { Finding, Severity } from "./finding.ts";
import { pointTo } from "./json-pointer.ts";
import type { PlaceObject } from "./place-objects.ts";
import { objectName, type RenderedObject } from "./rendered-objects.ts";
import type { Rule } from "./rule.ts";

/** `validate.wavehouse.dev/except.<area>.<name>: <reason>` takes an object out of one rule. */
const PREFIX = "validate.wavehouse.dev/except.";

/** An annotation that takes an object out of a rule. */
export interface Exception {
  /** Id of the rule, `policy/host-path`. */
  rule: string;
  reason: string;
  annotation: string;
}

/**
 * Reads which rules an object is excepted from.
 *
 * @param object a rendered object
 * @returns its exceptions; those without a reason too
 */
export function exceptionsOf(object: RenderedObject): Exception[] {
  return Object.entries(object.metadata.annotations ?? {})
    .filter(([annotation]) => annotation.startsWith(PREFIX))
    .map(([annotation, reason]) => ({
      rule: annotation.slice(PREFIX.length).replace(".", "/"),
      reason: String(reason).trim(),
      annotation,
    }));
}

/**
 * Writes the annotation that excepts an object from a rule.
 *
 * @param rule id of the rule
 * @returns the annotation's name
 */
export function exceptionAnnotation(rule: string): string {
  return `${PREFIX}${rule.replace("/", ".")}`;
}

/**
 * Takes out the findings that an annotation excepts, and tells of exceptions that are none.
 *
 * @param objects the rendered objects
 * @param findings about them
 * @param options `ruleOf` gives a rule by its id; `unknown` words for one that is not there; `place` of a value
 * @returns what is left, and an error for an exception without a reason or from no rule, a warning for an unused one
 */
export function applyExceptions(
  objects: readonly RenderedObject[],
  findings: readonly Finding[],
  options: {
    ruleOf: (id: string) => Rule | undefined;
    unknown: (id: string) => string;
    place: PlaceObject;
  },
): Finding[] {
  const { ruleOf, unknown, place } = options;
  const broken = new Set(findings.map(({ rule, rendered }) => `${rule} ${rendered?.object}`));
  const excepted = new Set<string>();
  const told: Finding[] = [];
  for (const object of objects) {
    for (const { rule, reason, annotation } of exceptionsOf(object)) {
      const pointer = pointTo("", "metadata", "annotations", annotation);
      const name = objectName(object);
      const exception = (id: string, severity: Severity, message: string, fix: string): void => {
        told.push({
          rule: `exception/${id}`,
          severity,
          ...place(object, pointer),
          message: `${name}: ${message}`,
          fix,
        });
      };
      const known = ruleOf(rule);
      if (known === undefined)
        exception("unknown-rule", "error", unknown(rule), "correct the annotation's name");
      else if (known.exceptable !== true) {
        exception(
          "unknown-rule",
          "error",
          `nothing is excepted from ${rule}`,
          "mend the object, and delete the annotation",
        );
      } else if (reason === "") {
        exception(
          "no-reason",
          "error",
          `the exception from ${rule} has no reason`,
          "write it as the annotation's value",
        );
      } else if (broken.has(`${rule} ${name}`)) excepted.add(`${rule} ${name}`);
      else exception("unused", "warning", `it keeps ${rule} without the exception`, "delete the annotation");
    }
  }
  return [...findings.filter(({ rule, rendered }) => !excepted.has(`${rule} ${rendered?.object}`)), ...told];
}
