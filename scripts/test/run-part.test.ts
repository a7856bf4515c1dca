import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { countCheck, countPytest } from "./counts.ts";
import type { Part, Program } from "./parts.ts";
import { runPart } from "./run-part.ts";

const part = (count: Part["count"] = (_, exitCode) => countCheck(exitCode)): Part => ({
  name: "part",
  about: "a part",
  count,
  program: { needs: "node", make: () => node("") },
});

function node(program: string, more: Partial<Program> = {}): Program {
  return { file: process.execPath, args: ["-e", program], cwd: import.meta.dirname, ...more };
}

test("keeps what the program printed, on both outputs, and its exit code decides", async () => {
  const folder = await temporaryFolder();
  const program = node('console.log("out"); console.error("err " + process.env.MORE); process.exitCode = 3', {
    env: { MORE: "env" },
  });
  const outcome = await runPart(part(), program, folder);
  expect(outcome).toMatchObject({ name: "part", passed: 0, failed: 1 });
  expect(outcome.output.split("\n").sort()).toEqual(["", "err env", "out"]);
  expect(await runPart(part(), node(""), folder)).toMatchObject({ passed: 1, failed: 0, output: "" });
});

test("counts what the report says", async () => {
  const folder = await temporaryFolder();
  const report = join(folder, "report.xml");
  const xml = '<testsuite tests="4" failures="1" errors="0" skipped="0">';
  const write = `require("node:fs").writeFileSync(${JSON.stringify(report)}, ${JSON.stringify(xml)}); process.exit(1)`;
  expect(await runPart(part(countPytest), node(write, { report }), folder)).toMatchObject({
    passed: 3,
    failed: 1,
  });
});

test("a program that is not there, and one that a signal ends, are failures that say so", async () => {
  const folder = await temporaryFolder();
  const missing = await runPart(part(), { file: "/no/such", args: [], cwd: folder }, folder);
  expect(missing).toMatchObject({ passed: 0, failed: 1 });
  expect(missing.output).toContain("/no/such");
  const killed = await runPart(part(), node('process.kill(process.pid, "SIGTERM")'), folder);
  expect(killed).toMatchObject({ passed: 0, failed: 1, output: "ended by SIGTERM\n" });
});

test("what the program left running ends with it", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "pid");
  const child = "setInterval(() => {}, 1000)";
  const program = `const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "ignore" });
    require("node:fs").writeFileSync(${JSON.stringify(file)}, String(child.pid)); process.exit(0)`;
  expect(await runPart(part(), node(program), folder)).toMatchObject({ passed: 1 });
  const pid = Number(await readFile(file, "utf8"));
  const state = async (): Promise<string> =>
    (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone")).replace(/^.*\) (\S).*$/s, "$1");
  for (let i = 0; i < 50 && !["gone", "Z"].includes(await state()); i++) await sleep(20);
  expect(["gone", "Z"]).toContain(await state());
});
