import type { Tree } from "./environments.ts";
import type { Finding } from "./finding.ts";
import { type GenerateInput, orphanedOverlays, planGenerated } from "./plan-generated.ts";

const FIX = "run `npm run generate` and commit what it writes";

/**
 * Finds generated files that are not what their pipelines say: edited by hand, forgotten, missing, or left over from
 * a pipeline that is gone.
 *
 * @param input the repository and its pipelines
 * @returns one finding a file, at its first line that differs; `planGenerated` has the edits that mend them
 * @throws UserError when an environment does not say where its images come from
 */
export function checkStale(input: GenerateInput): Finding[] {
  return [...staleFindings(planGenerated(input), input.tree), ...orphanedOverlays(input).map(orphaned)];
}

/**
 * Tells which generated files are to be written.
 *
 * @param edits the text that each shall have, `null` for one that shall be gone; one that is right already is no finding
 * @param tree the text that each has
 * @returns one finding a file, at its first line that differs
 */
export function staleFindings(edits: ReadonlyMap<string, string | null>, tree: Tree): Finding[] {
  return [...edits].flatMap(([file, text]) => {
    const old = tree.get(file);
    if (old === text) return [];
    if (text === null) return [leftOver(file)];
    return [old === undefined ? missing(file) : stale(file, old, text)];
  });
}

function stale(file: string, old: string, text: string): Finding {
  const had = old.split("\n");
  const wants = text.split("\n");
  const index = wants.findIndex((line, at) => line !== had[at]);
  // All of the wanted lines are there, so what differs comes after them.
  const at = index === -1 ? wants.length - 1 : Math.min(index, had.length - 1);
  const want = wants[at];
  return {
    rule: "generated/stale",
    severity: "error",
    file,
    line: at + 1,
    column: firstDifference(had[at] ?? "", want ?? ""),
    message: "the file is not as it is generated",
    expected: want === undefined || want === "" ? "the file to end here" : `\`${want.trim()}\``,
    fix: FIX,
  };
}

function firstDifference(had: string, wants: string): number {
  let column = 0;
  while (column < had.length && had[column] === wants[column]) column++;
  return column + 1;
}

function missing(file: string): Finding {
  return {
    rule: "generated/missing",
    severity: "error",
    file,
    line: 1,
    column: 1,
    message: "the generated file is missing",
    expected: "it to be committed with what it is generated from",
    fix: FIX,
  };
}

function leftOver(file: string): Finding {
  return {
    rule: "generated/left-over",
    severity: "error",
    file,
    line: 1,
    column: 1,
    message: "the generated file belongs to no pipeline any more",
    expected: "generated files of pipelines that are there",
    fix: "run `npm run generate`, which deletes it",
  };
}

function orphaned(file: string): Finding {
  const folder = file.slice(0, file.lastIndexOf("/"));
  return {
    rule: "generated/orphaned-overlay",
    severity: "error",
    file,
    line: 1,
    column: 1,
    message: "the overlay belongs to no pipeline",
    expected: "a pipeline of that name in pipelines/, or no such overlay",
    fix: `delete the folder: git rm -r ${folder}`,
  };
}
