import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { loopTools, testTools } from "./setup/go.ts";
import { prepare } from "./setup/prepare.ts";
import { lanes, type Part, type Tools } from "./test/parts.ts";
import { type Outcome, runPart } from "./test/run-part.ts";

const help = `Usage: npm test [-- --only NAME ...]

Checks everything, and says how long each part took. The last line is \`N passed, N failed\`: a lint or another check
counts one, Vitest and pytest count their tests. What a part prints is shown when it fails.

  --only NAME   run this part alone; may be given more than once
  --help        show this

${lanes
  .flat()
  .map(({ name, about }) => `  ${name.padEnd(14)}  ${about}`)
  .join("\n")}`;

async function main(): Promise<void> {
  const only = readOptions(process.argv.slice(2));
  if (only === "help") return console.log(help);
  const chosen = lanes.map((lane) => lane.filter(({ name }) => only.length === 0 || only.includes(name)));
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-test-"));
  try {
    const tools = startPreparing(chosen.flat());
    const outcomes = (await Promise.all(chosen.map((lane) => runLane(lane, tools, folder)))).flat();
    finish(outcomes);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Begins at once, beside the parts that need none of it; nothing is prepared when no part needs it. */
function startPreparing(parts: readonly Part[]): () => Promise<Tools> {
  const needed = parts.some(({ program }) => program.needs === "tools");
  const prepared = needed
    ? prepare([...loopTools, ...testTools], (line) => console.log(`  ${line}`))
    : undefined;
  // Told by the parts that wait for it.
  prepared?.catch(() => undefined);
  return () => prepared ?? Promise.reject(new Error("nothing was to be prepared"));
}

async function runLane(
  lane: readonly Part[],
  tools: () => Promise<Tools>,
  folder: string,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const part of lane) {
    const outcome = await runOne(part, tools, folder);
    console.log(describe(outcome));
    outcomes.push(outcome);
  }
  return outcomes;
}

async function runOne(part: Part, tools: () => Promise<Tools>, folder: string): Promise<Outcome> {
  if (part.program.needs === "node") return runPart(part, part.program.make(folder), folder);
  const prepared = await tools().catch((thrown: unknown) => ({ thrown }));
  if (!("thrown" in prepared)) return runPart(part, part.program.make(folder, prepared), folder);
  const { thrown } = prepared;
  const reason =
    thrown instanceof UserError ? thrown.message : thrown instanceof Error ? thrown.stack : thrown;
  const output = `not run: what it needs could not be prepared\n${reason}\n`;
  return { name: part.name, seconds: 0, passed: 0, failed: 1, skipped: 0, output };
}

function describe({ name, passed, failed, skipped, seconds, output }: Outcome): string {
  const mark = failed === 0 ? "✔" : "✘";
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(", ");
  const line = `${mark} ${name.padEnd(12)} ${counts.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`;
  return failed === 0 ? line : `${line}\n${output.replaceAll(/^/gm, "    ").trimEnd()}`;
}

function finish(outcomes: readonly Outcome[]): void {
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  if (failed > 0)
    console.log(`failed: ${outcomes.flatMap((o) => (o.failed > 0 ? [o.name] : [])).join(", ")}`);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

function readOptions(args: string[]): string[] | "help" {
  const names = lanes.flat().map(({ name }) => name);
  try {
    const options = { only: { type: "string", multiple: true }, help: { type: "boolean" } } as const;
    const { values } = parseArgs({ args, options });
    const unknown = values.only?.find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw new TypeError(`no part is called ${unknown}; there are ${names.join(", ")}`);
    return values.help ? "help" : (values.only ?? []);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}\n\n${help}`);
    process.exit(2);
  }
}

if (import.meta.main) await main();
