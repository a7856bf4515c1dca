import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheRoot } from "kubeconform-wrapper";
import { demoFolders } from "./demo/state.ts";
import { preparePython } from "./setup/python.ts";
import { repositoryRoot } from "./setup/repository.ts";
import { readVersions } from "./setup/versions.ts";

const help = `npm run check-demo -- FILE.csv

Runs the demo on a CSV of real records, from nothing, and checks the tables against a count made another way (the csv
module over the file; the tables read without Spark). Then runs it again: nothing may be built, bumped or run.
The last line is \`N passed, N failed\`.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", short: "h", default: false } },
});
const [csv] = positionals;
if (values.help) process.stdout.write(`${help}\n`);
else if (csv === undefined || !existsSync(csv)) {
  process.stderr.write(
    `error: ${csv === undefined ? "no file was given" : `there is no ${csv}`}\n\n${help}\n`,
  );
  process.exitCode = 2;
} else await check(resolve(csv));

async function check(file: string): Promise<void> {
  const outcomes: boolean[] = [];
  const tell = (good: boolean, what: string): void => {
    outcomes.push(good);
    process.stdout.write(`${good ? "ok" : "FAILED"}  ${what}\n`);
  };
  tell(demo(["--fresh", "--source", file]).status === 0, "the demo runs from nothing to the gold table");
  const counted = await count(file);
  for (const line of counted.split("\n")) {
    const said = /^(ok|FAILED) {2}(.*)$/.exec(line);
    if (said !== null) tell(said[1] === "ok", said[2] ?? "");
  }
  tell(/^\d+ passed, 0 failed$/m.test(counted), "the independent count ran to its end");
  const again = demo(["--source", file]);
  tell(again.status === 0, "the demo runs again");
  tell(again.output.includes("Nothing changed since the last run"), "unchanged, it runs nothing");
  tell(!/was built and pushed/.test(again.output), "unchanged, it builds and pushes nothing");
  tell(/Nothing to bump/.test(again.output), "unchanged, it bumps nothing");
  const failed = outcomes.filter((good) => !good).length;
  process.stdout.write(`${outcomes.length - failed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}

function demo(args: readonly string[]): { status: number | null; output: string } {
  const ended = spawnSync(process.execPath, [join(repositoryRoot, "scripts", "demo.ts"), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  process.stdout.write(ended.stdout);
  return { status: ended.status, output: ended.stdout };
}

async function count(file: string): Promise<string> {
  const { of } = await readVersions();
  const { python } = await preparePython({ oldest: of.python });
  const bucket = join(demoFolders(cacheRoot(), repositoryRoot).store, "lakehouse");
  const script = join(repositoryRoot, "scripts", "demo", "check_counts.py");
  const ended = spawnSync(python, [script, file, bucket], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return ended.stdout;
}
