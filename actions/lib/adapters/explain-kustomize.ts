import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "../domain/finding.ts";
import { findingAt, type Walk } from "./kustomization-walk.ts";
import type { ProcessError } from "./process.ts";
import { firstFault, NOT_YAML } from "./yaml-faults.ts";

/**
 * Puts what kustomize says at the place that it means, where it can be found.
 *
 * @param error how kustomize ended
 * @param folder what was rendered
 * @param walk the kustomizations that it was made of
 */
export async function explain(error: ProcessError, folder: string, walk: Walk): Promise<Finding> {
  const top = walk.kustomizations[0]?.file ?? folder;
  const place = { severity: "error" as const, file: top, line: 1, column: 1 };
  if (error.failure === "timeout") {
    const fix =
      "look for aliases that expand without end; a folder with many thousands of objects must be split";
    return { ...place, rule: "kustomize/timeout", message: `rendering ${folder}: ${error.message}`, fix };
  }
  const helm =
    /^(?:Error: ?)*(.+?):? unable to run: '\S*\/helm-from-mirror.sh template \S+ \S+\/([^/ ]+) /s.exec(
      error.stderr,
    );
  if (helm !== null) {
    const [, what = "", chart] = helm;
    const message = `Helm: ${what.trim().replaceAll(/\s*\n\s*/g, " ")}`;
    const origin = walk.mirrored.find(
      ({ isChart, origin: { reference } }) => isChart && reference.target === chart,
    );
    const problem = { rule: "kustomize/helm", message, fix: "correct the chart's values" };
    return origin === undefined ? { ...place, ...problem } : findingAt(origin.origin, problem);
  }
  const said = lastClause(error.stderr);
  const malformed = /MalformedYAMLError: yaml: (?:line (\d+): )?(.+) in File: (\S+)/s.exec(said);
  if (malformed !== null) {
    const [, line, message = "", name = ""] = malformed;
    const file = [...walk.files.keys()].find((path) => path === name || path.endsWith(`/${name}`));
    const problem = { rule: "kustomize/yaml", message: `not YAML: ${message}` };
    // Its parser names the line where the value around began.
    const precise = file === undefined ? undefined : await faultIn(walk.root, [file]);
    return precise ?? { ...place, file: file ?? top, line: Number(line ?? 1), ...problem };
  }
  // A key that stands twice is told of no file.
  const unnamed = said.includes("unmarshal errors") ? await faultIn(walk.root, walk.files.keys()) : undefined;
  if (unnamed !== undefined) return unnamed;
  const [, kind = "", id = ""] = /already registered id: (\w+)\.[^/]*\/([^:'"\s]+)/.exec(said) ?? [];
  const second = kind === "" ? undefined : await secondObject(walk, kind, id);
  if (second !== undefined) return second;
  const unknown = /unknown field "([^"]+)"/.exec(said)?.[1];
  if (unknown !== undefined) {
    const found = walk.kustomizations.find(({ parsed }) => hasKey(parsed.value, unknown));
    const position = found?.parsed.positions.key(`/${unknown}`);
    const problem = { rule: "kustomize/unknown-key", message: `kustomize knows no key \`${unknown}\`` };
    return { ...place, file: found?.file ?? top, ...position, ...problem };
  }
  return { ...place, rule: "kustomize/build", message: `kustomize: ${said}` };
}

/** Without the trail of folders that led there. */
function lastClause(stderr: string): string {
  const lines = stderr.trim().split("\n");
  const error = lines.find((line) => line.startsWith("Error: ")) ?? lines.at(-1) ?? "";
  return error
    .replace(/^Error: /, "")
    .replace(/^.*recursed (?:merging from|accumulation of) path '[^']*': /s, "")
    .replace(/^(?:accumulating resources(?: from '[^']*')?: |accumulating components: )+/, "");
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

/** The first place in some files that is no YAML. */
async function faultIn(root: string, files: Iterable<string>): Promise<Finding | undefined> {
  for (const file of files) {
    const fault = await firstFault(root, file, NOT_YAML);
    if (fault !== undefined) return { ...fault, rule: "kustomize/yaml" };
  }
  return undefined;
}

/** Where an object is written for the second time. */
async function secondObject({ root, files }: Walk, kind: string, id: string): Promise<Finding | undefined> {
  let seen = 0;
  for (const file of files.keys()) {
    const text = await readFile(join(root, file), "utf8");
    let line = 1;
    for (const document of text.split(/^(?=---\s)/m)) {
      const name = /^metadata:(?:.*\n(?: .*\n)*?)?.*\bname: *["']?([\w.-]+)/m.exec(document);
      const isSame =
        new RegExp(`^kind: *${kind}\\b`, "m").test(document) && `${id}.`.startsWith(`${name?.[1]}.`);
      if (name !== null && isSame) seen += 1;
      if (name !== null && isSame && seen === 2) {
        const before = document.slice(0, name.index + name[0].length).split("\n");
        const column = (before.at(-1)?.lastIndexOf(name[1] ?? "") ?? 0) + 1;
        const position = { line: line + before.length - 1, column };
        const message = `${kind} ${name[1]} is there already`;
        const fix = "rename or delete one of the two";
        return {
          rule: "object/twice",
          severity: "error",
          file,
          ...position,
          message,
          expected: "each name once",
          fix,
        };
      }
      line += document.split("\n").length - 1;
    }
  }
  return undefined;
}
