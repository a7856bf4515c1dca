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
  /** Its line in the file, from 1. */
  line: number;
}

/**
 * Reads `jars.lock`: a line `<sha256>  <group>:<artifact>:<version>` for each jar; `#` starts a comment.
 *
 * @param text the file's text
 * @returns the jars, in the file's order
 * @throws UserError that names every line that is not of this form, or repeats a jar
 */
export function parseJarsLock(text: string): LockedJar[] {
  const jars: LockedJar[] = [];
  const wrong: Finding[] = [];
  const refuse = (line: number, message: string, expected: string): void => {
    wrong.push({
      rule: "versions/jars-lock",
      severity: "error",
      file: JARS_FILE,
      line,
      column: 1,
      message,
      expected,
    });
  };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.replace(/#.*/, "").trim();
    if (content === "") continue;
    const match = /^([0-9a-f]{64}) {2}([\w.-]+):([\w.-]+):([\w.-]+)$/.exec(content);
    const [, sha256 = "", group = "", artifact = "", version = ""] = match ?? [];
    if (match === null) {
      refuse(index + 1, "not a locked jar", "`<SHA-256>  <group>:<artifact>:<version>`");
    } else if (jars.some((jar) => jar.artifact === artifact)) {
      refuse(index + 1, `${artifact} is locked twice`, "one line for each jar");
    } else {
      jars.push({ sha256, group, artifact, version, line: index + 1 });
    }
  }
  if (wrong.length > 0) throw new UserError(wrong);
  return jars;
}
