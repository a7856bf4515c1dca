import type { Finding } from "./finding.ts";
import { UserError } from "./user-error.ts";

/** Where the jars are pinned. */
export const JARS_FILE = "pipelines/runtime/jars.lock";

/** One jar, as `jars.lock` pins it. */
export interface LockedJar {
  sha256: string;
  group: string;
  artifact: string;
  version: string;
  /** What tells it from the version's other files, such as `runner`. */
  classifier: string | undefined;
  /** Its line in the file, from 1. */
  line: number;
}

/**
 * Reads `jars.lock`: a line `<sha256>  <group>:<artifact>:<version>[:<classifier>]` for each jar; `#` starts a comment.
 *
 * @param text the file's text
 * @param file its path, for messages
 * @returns the jars, in the file's order
 * @throws UserError that names every line that is not of this form, or repeats a jar
 */
export function parseJarsLock(text: string, file: string = JARS_FILE): LockedJar[] {
  const jars: LockedJar[] = [];
  const wrong: Finding[] = [];
  const refuse = (line: number, message: string, expected: string): void => {
    wrong.push({
      rule: "versions/jars-lock",
      severity: "error",
      file,
      line,
      column: 1,
      message,
      expected,
    });
  };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.replace(/#.*/, "").trim();
    if (content === "") continue;
    const match = /^([0-9a-f]{64}) {2}([\w.-]+):([\w.-]+):([\w.-]+)(?::([\w.-]+))?$/.exec(content);
    const [, sha256 = "", group = "", artifact = "", version = "", classifier] = match ?? [];
    if (match === null) {
      refuse(index + 1, "not a locked jar", "`<SHA-256>  <group>:<artifact>:<version>[:<classifier>]`");
    } else if (jars.some((jar) => jar.artifact === artifact)) {
      refuse(index + 1, `${artifact} is locked twice`, "one line for each jar");
    } else {
      jars.push({ sha256, group, artifact, version, classifier, line: index + 1 });
    }
  }
  if (wrong.length > 0) throw new UserError(wrong);
  return jars;
}
