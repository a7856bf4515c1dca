import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectValidation } from "../actions/lib/adapters/connect-validation.ts";
import { toolsFolder } from "../actions/lib/adapters/places.ts";
import type { ActionResult } from "../actions/lib/domain/action-result.ts";
import type { Finding } from "../actions/lib/domain/finding.ts";
import { UserError } from "../actions/lib/domain/user-error.ts";
import type { Logger } from "../actions/lib/ports/logger.ts";
import { run } from "../actions/validate/run.ts";
import { renderFindings } from "./validate/render-findings.ts";

const help = `Usage: npm run validate [-- OPTIONS]

Checks every pipeline, what is generated from it, and every overlay as it will be rendered.

  --fix         write the generated files that are stale
  --json        print the findings as one JSON document, and nothing else
  --root PATH   the repository to check, this one by default
  --help        show this

Exit codes: 0 nothing is wrong, 1 there are errors, 2 it could not run.`;

interface Options {
  fix: boolean;
  json: boolean;
  help: boolean;
  root: string;
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) return 2;
  if (options.help) {
    console.log(help);
    return 0;
  }
  const result = await attempt(options);
  if (result === undefined) return 2;
  tell(result, options);
  return result.ok ? 0 : 1;
}

function readOptions(args: string[]): Options | undefined {
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values } = parseArgs({
      args,
      options: { fix: flag, json: flag, help: flag, root: { type: "string" } },
    });
    return { ...values, root: values.root ?? join(import.meta.dirname, "..") };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}\n\n${help}`);
    return undefined;
  }
}

/** @returns `undefined` when it could not run, which has been told */
async function attempt({ fix, root }: Options): Promise<ActionResult | undefined> {
  try {
    return await run({ fix }, { ...connectValidation(root, toolsFolder()), logger: quietLogger() });
  } catch (error) {
    if (error instanceof UserError && error.findings.length > 0) {
      return { ok: false, outputs: {}, summary: "", annotations: error.findings };
    }
    console.error(error instanceof UserError ? `error: ${error.message}` : error);
    return undefined;
  }
}

function tell({ ok, outputs, annotations }: ActionResult, { json, root }: Options): void {
  if (json) {
    console.log(JSON.stringify({ ok, findings: annotations }, undefined, 2));
    return;
  }
  process.stdout.write(renderFindings(annotations, linesOf(root), process.stdout.isTTY === true));
  console.log(ok ? `valid: ${outputs.objects} objects checked` : `not valid: ${count(annotations)}`);
}

function count(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return `${errors} ${errors === 1 ? "error" : "errors"}`;
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

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
