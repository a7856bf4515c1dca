import { exceptionAnnotation } from "./exceptions.ts";
import type { Finding } from "./finding.ts";
import type { PlaceObject } from "./place-objects.ts";
import { POD_POLICIES } from "./policies-of-pods.ts";
import { RIGHTS_POLICIES } from "./policies-of-rights.ts";
import { SECRET_POLICIES } from "./policies-of-secrets.ts";
import { objectName, type RenderedObject } from "./rendered-objects.ts";
import type { Policy, Rule } from "./rule.ts";

/** Every policy, in the order in which an object is checked. */
export const POLICIES: readonly Policy[] = [...RIGHTS_POLICIES, ...POD_POLICIES, ...SECRET_POLICIES];

/** The policies as rules, and the rules about exceptions from them. */
export const POLICY_RULES: readonly Rule[] = [
  ...POLICIES.map(({ id, severity, reason, fix }) => ({ id, severity, reason, fix, exceptable: true })),
  {
    id: "exception/no-reason",
    severity: "error",
    reason: "An exception that nobody can judge stays for ever.",
    fix: "Write the reason as the annotation's value.",
  },
  {
    id: "exception/unknown-rule",
    severity: "error",
    reason: "An exception from a rule that there is none of excepts nothing.",
    fix: "Correct the annotation's name.",
  },
  {
    id: "exception/unused",
    severity: "warning",
    reason: "The object keeps the rule by now, so the next one who breaks it would go unseen.",
    fix: "Delete the annotation.",
  },
];

/**
 * Checks what an environment's objects do against the policies. Exceptions are not looked at here: `applyExceptions`
 * does that for all rules alike.
 *
 * @param objects the rendered objects
 * @param place says where a value is written
 * @returns a finding for each place that breaks a policy
 */
export function checkPolicy(objects: readonly RenderedObject[], place: PlaceObject): Finding[] {
  return objects.flatMap((object) =>
    POLICIES.flatMap((policy) =>
      policy.check(object).map(({ pointer, message }): Finding => {
        const { id, severity, expected, fix } = policy;
        return {
          rule: id,
          severity,
          ...place(object, pointer),
          message: `${objectName(object)} ${message}`,
          expected,
          fix: `${fix[0]?.toLowerCase()}${fix.slice(1).replace(/\.$/, "")}, or except it with a reason by the annotation ${exceptionAnnotation(id)}`,
        };
      }),
    ),
  );
}
