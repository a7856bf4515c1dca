import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectPrograms } from "../../actions/lib/adapters/connect-programs.ts";
import { connectValidation } from "../../actions/lib/adapters/connect-validation.ts";
import { gitChanges } from "../../actions/lib/adapters/git-changes.ts";
import { keepHeapSmall } from "../../actions/lib/adapters/keep-heap-small.ts";
import { toolsFolder } from "../../actions/lib/adapters/places.ts";
import { reportFolder } from "../../actions/lib/adapters/report-folder.ts";
import type { ActionResult } from "../../actions/lib/domain/action-result.ts";
import { didYouMean } from "../../actions/lib/domain/did-you-mean.ts";
import { type Finding, formatFinding } from "../../actions/lib/domain/finding.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { Logger } from "../../actions/lib/ports/logger.ts";
import { renderJson } from "../../actions/lib/render/render-validation-json.ts";
import { run, type ValidationResult } from "../../actions/validate/run.ts";
import { renderFindings } from "./render-findings.ts";
import type { ScratchCopy } from "./scratch-copy.ts";

const FORMATS = ["text", "json", "sarif", "github"] as const;
type Format = (typeof FORMATS)[number];

const help = `Usage: npm run validate [-- OPTIONS]

Checks every pipeline, what is generated from it, and every overlay as it will be rendered.

  --fix            mend what needs no decision: stale generated files, quotes, the marts' order, missing digests
  --dry-run        with --fix: print the diff that it would make, and write nothing
  --format FORMAT  ${FORMATS.join(", ")}; text by default
                   (github: annotations, as a step of a workflow prints them)
  --json           the same as --format json
  --base COMMIT    tell findings on the lines that differ from COMMIT first
  --report FOLDER  write the whole list to FOLDER too, as validation.sarif and validation.json
  --explain RULE   say what a rule is for, and how to mend what breaks it; \`all\` lists every rule
  --root PATH      the repository to check, this one by default
  --help           show this

Exit codes: 0 nothing is wrong, 1 there are errors, 2 it could not run.`;

interface Options {
  fix: boolean;
  dryRun: boolean;
  format: Format;
  base: string | undefined;
  report: string | undefined;
  explain: string | undefined;
  help: boolean;
  root: string;
}

/**
 * Runs `npm run validate`.
 *
 * @param args what follows the script's name
 * @returns the exit code
 */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) return 2;
  if (options.help) {
    console.log(help);
    return 0;
  }
  if (options.explain !== undefined) return explain(options.explain);
  keepHeapSmall();
  if (options.dryRun) return dryRun(options);
  const result = await attempt(options);
  if (result === undefined) return 2;
  await tell(result, options);
  return result.ok ? 0 : 1;
}

function readOptions(args: string[]): Options | undefined {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args,
      options: {
        ...{ fix: flag, json: flag, help: flag, "dry-run": flag },
        ...{ format: text, base: text, report: text, explain: text, root: text },
      },
    });
    const { fix, help: helpWanted, "dry-run": isDryRun, base, report, explain: rule } = values;
    if (isDryRun && !fix) return refuse("--dry-run shows what --fix would write: give both");
    const format = FORMATS.find((known) => known === (values.json ? "json" : (values.format ?? "text")));
    if (format === undefined) {
      const hint = didYouMean(String(values.format), FORMATS) ?? `expected one of ${FORMATS.join(", ")}`;
      return refuse(`there is no format \`${values.format}\`; ${hint}`);
    }
    const root = values.root ?? join(import.meta.dirname, "../..");
    return { fix, help: helpWanted, dryRun: isDryRun, base, report, explain: rule, format, root };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse(error.message);
  }
}

function refuse(why: string): undefined {
  console.error(`error: ${why}\n\n${help}`);
}

// What few runs need is loaded by those.

async function explain(id: string): Promise<number> {
  const { RULES, unknownRule } = await import("../../actions/lib/domain/rules.ts");
  const { explainRule } = await import("./explain-rule.ts");
  const rules = id === "all" ? RULES : RULES.filter((rule) => rule.id === id);
  if (rules.length === 0) {
    console.error(`error: ${unknownRule(id)}`);
    return 2;
  }
  console.log(rules.map(explainRule).join("\n\n"));
  return 0;
}

/** What `--fix` would do, tried on a copy: what it prints is what it would write, byte for byte. */
async function dryRun(options: Options): Promise<number> {
  let copy: ScratchCopy | undefined;
  try {
    const { scratchCopy } = await import("./scratch-copy.ts");
    copy = await scratchCopy(options.root);
    const result = await attempt({ ...options, root: copy.folder, rememberAs: options.root });
    if (result === undefined) return 2;
    await write(await copy.diff(process.stdout.isTTY === true));
    const left = result.annotations.filter(({ severity }) => severity === "error");
    for (const finding of left) console.error(formatFinding(finding));
    console.error(
      `${count(result.fixed.length, "file")} to write, ${count(left.length, "error")} left to you`,
    );
    return result.ok && result.fixed.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof UserError ? `error: ${error.message}` : error);
    return 2;
  } finally {
    await copy?.remove();
  }
}

/** @returns `undefined` when it could not run, which has been told */
async function attempt({
  fix,
  base,
  report,
  root,
  rememberAs,
}: Options & { rememberAs?: string }): Promise<ValidationResult | undefined> {
  const ports = {
    ...connectValidation(root, toolsFolder(), rememberAs === undefined ? {} : { rememberAs }),
    ...connectPrograms(root, toolsFolder()),
    changes: gitChanges(root),
    ...(report === undefined ? {} : { reports: reportFolder(report) }),
    logger: quietLogger(),
  };
  try {
    return await run({ fix, base, report }, ports);
  } catch (error) {
    if (error instanceof UserError && error.findings.length > 0) {
      return { ok: false, outputs: {}, summary: "", annotations: error.findings, fixed: [] };
    }
    console.error(error instanceof UserError ? `error: ${error.message}` : error);
    return undefined;
  }
}

async function tell(result: ValidationResult, { format, root }: Options): Promise<void> {
  const { ok, outputs, annotations } = result;
  const objects = Number(outputs.objects ?? 0);
  switch (format) {
    case "json":
      return write(renderJson(annotations, { ok, objects }));
    case "sarif": {
      const { renderSarif } = await import("../../actions/lib/render/render-validation-sarif.ts");
      return write(renderSarif(annotations));
    }
    case "github":
      return annotate(result);
    case "text": {
      const findings = renderFindings(annotations, linesOf(root), process.stdout.isTTY === true);
      const written = result.fixed.map((path) => `written: ${path}\n`).join("");
      const verdict = ok ? `valid: ${objects} objects checked` : `not valid: ${errorsIn(annotations)}`;
      return write(`${written}${findings}${verdict}\n`);
    }
  }
}

/** As the action's step would: annotations within GitHub's limits, and the rest in the log. */
async function annotate(result: ActionResult): Promise<void> {
  const { actionsRunner } = await import("../../actions/lib/adapters/actions-core.ts");
  const { planReport } = await import("../../actions/lib/host/plan-report.ts");
  const { annotations, unannotated } = planReport(result);
  const runner = actionsRunner();
  for (const finding of annotations) runner.annotate(finding);
  for (const finding of unannotated) runner.log(formatFinding(finding));
}

/** All of it before the process ends: a pipe takes 64 KiB at once. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** Says too how many of them `--fix` may mend. */
function errorsIn(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error");
  const own = errors.filter(({ rule, repair }) => repair !== undefined || FIXED_BY_WRITING.test(rule)).length;
  return `${count(errors.length, "error")}${own === 0 ? "" : `, ${own} of them for --fix`}`;
}

const FIXED_BY_WRITING = /^generated\/(?:stale|missing|left-over)$/;

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** A file may be gone, or be no text: then the finding stands alone. */
function linesOf(root: string): (file: string, line: number) => string | undefined {
  const files = new Map<string, string[]>();
  return (file, line) => {
    let lines = files.get(file);
    if (lines === undefined) {
      lines = readLines(join(root, file));
      files.set(file, lines);
    }
    return lines[line - 1];
  };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .slice(0, 2_000_000)
      .split(/\r\n|\r|\n/);
  } catch {
    return [];
  }
}

function quietLogger(): Logger {
  return {
    info: () => undefined,
    warning: (message) => console.error(`warning: ${message}`),
    group: (_name, work) => work(),
  };
}
