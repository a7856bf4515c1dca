import type { Severity } from "./finding.ts";
import type { JsonPointer } from "./json-pointer.ts";
import type { RenderedObject } from "./rendered-objects.ts";

/** One thing that is checked. */
export interface Rule {
  /** Stable, `area/name`: what findings carry and exceptions name. */
  id: string;
  severity: Severity;
  /** Why it is checked, in one line. */
  reason: string;
  /** What to do about a finding, in one line. */
  fix: string;
  /** Whether an annotation can except one object, with a reason. */
  exceptable?: boolean;
}

/** A rule of what may run, as data, with the predicate that finds what breaks it. */
export interface Policy extends Rule {
  /** What should stand there. */
  expected: string;
  /** @returns each place that breaks it; none for most objects */
  check(object: RenderedObject): Violation[];
}

/** A place of an object that breaks a policy. */
export interface Violation {
  pointer: JsonPointer;
  /** What is there, to be read after the object's name: `mounts the node's /var`. */
  message: string;
}
