import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-action-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Step {
  code: number;
  stdout: string;
  stderr: string;
  /** The output file, as the runner would find it. */
  output: string;
  summary: string;
}

/** Runs `runAction(load, run, connect)` in a process of its own, with the files and the environment of a step. */
async function step(body: string, env: Record<string, string> = {}): Promise<Step> {
  count += 1;
  const output = join(folder, `output-${count}`);
  const summary = join(folder, `summary-${count}`);
  await Promise.all([writeFile(output, ""), writeFile(summary, "")]);
  const program = `
    import { runAction } from ${JSON.stringify(new URL("run-action.ts", import.meta.url).href)};
    import { UserError } from ${JSON.stringify(new URL("../domain/user-error.ts", import.meta.url).href)};
    import { actionsLogger } from ${JSON.stringify(new URL("../adapters/actions-core.ts", import.meta.url).href)};
    import { booleanInput, requiredInput } from ${JSON.stringify(new URL("read-inputs.ts", import.meta.url).href)};
    const none = { ok: true, outputs: {}, summary: "", annotations: [] };
    const finding = (severity, line) => ({ rule: "test/rule", severity, file: "a.yaml", line, column: 2, message: severity + " " + line });
    ${body}`;
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>(
    (resolve) => {
      const child = execFile(
        process.execPath,
        ["--input-type=module", "-"],
        {
          env: { PATH: process.env.PATH ?? "", GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, ...env },
          maxBuffer: 1e8,
        },
        (_error, out, err) => resolve({ code: child.exitCode ?? -1, stdout: out, stderr: err }),
      );
      child.stdin?.end(program);
    },
  );
  return {
    code,
    stdout,
    stderr,
    output: await readFile(output, "utf8"),
    summary: await readFile(summary, "utf8"),
  };
}

/** The runner's own file format, `name<<delimiter`, read back. */
function outputs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, , value] of text.matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n\2\n/gm))
    found[name ?? ""] = value ?? "";
  return found;
}

test("a success: inputs as the runner gives them, outputs, summary, exit code 0, nothing on standard error", async () => {
  const { code, stdout, stderr, output, summary } = await step(
    `await runAction(
       (read) => ({ image: requiredInput(read, "base-image"), push: booleanInput(read, "push") }),
       async (inputs, { suffix }) => ({ ...none, outputs: { image: inputs.image + suffix, lines: "a\\nb" }, summary: "# Built " + inputs.push }),
       () => ({ suffix: ":1" }),
     );`,
    { "INPUT_BASE-IMAGE": " spark ", INPUT_PUSH: "true" },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(outputs(output)).toEqual({ image: "spark:1", lines: "a\nb" });
  expect(summary).toBe("# Built true");
  expect(stdout).toBe("");
});

test("a wrong input fails before anything runs, without a stack", async () => {
  const { code, stdout, summary } = await step(
    `await runAction((read) => booleanInput(read, "push"), async () => { throw new Error("ran"); }, () => undefined);`,
    { INPUT_PUSH: "True" },
  );
  expect(code).toBe(1);
  expect(stdout).toBe("::error::Input `push` is `True`; expected `true` or `false`, in lower case.\n");
  expect(summary).toContain("Input `push` is `True`");
});

test("a result with an error fails, and its outputs and summary are written all the same", async () => {
  const { code, stdout, output, summary } = await step(
    `await runAction(() => 0, async () => ({ ok: false, outputs: { checked: "3" }, summary: "Bad", annotations: [
       { ...finding("error", 7), expected: "a b", fix: "do: c, d" }] }), () => 0);`,
  );
  expect(code).toBe(1);
  expect(stdout).toBe(
    "::error title=test/rule,file=a.yaml,line=7,col=2::error 7%0AExpected: a b%0ATo do: do: c, d\n",
  );
  expect(outputs(output)).toEqual({ checked: "3" });
  expect(summary).toBe("Bad");
});

test("a result that fails without an error finding says so in the log", async () => {
  const { code, stdout } = await step(
    `await runAction(() => 0, async () => ({ ...none, ok: false }), () => 0);`,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/^::error::The action failed/);
});

test("an error finding fails the step even where the result says that all is well", async () => {
  const { code } = await step(
    `await runAction(() => 0, async () => ({ ...none, annotations: [finding("error", 1)] }), () => 0);`,
  );
  expect(code).toBe(1);
});

test("warnings and notices do not fail the step", async () => {
  const { code, stdout } = await step(
    `await runAction(() => 0, async () => ({ ...none, annotations: [finding("notice", 1), finding("warning", 2)] }), () => 0);`,
  );
  expect(code).toBe(0);
  expect(stdout.match(/^::(warning|notice) /gm)).toEqual(["::warning ", "::notice "]);
});

test("ten annotations of a kind, errors first; the rest in the log and in the summary", async () => {
  const { code, stdout, summary } = await step(
    `const many = (severity, count) => Array.from({ length: count }, (_, i) => finding(severity, i + 1));
     await runAction(() => 0, async () => ({ ok: false, outputs: {}, summary: "own words",
       annotations: [...many("notice", 3), ...many("warning", 12), ...many("error", 25)] }), () => 0);`,
  );
  expect(code).toBe(1);
  const kinds = [...stdout.matchAll(/^::(\w+) /gm)].map(([, kind]) => kind);
  expect(kinds).toEqual([
    ...Array(10).fill("error"),
    ...Array(10).fill("warning"),
    ...Array(3).fill("notice"),
  ]);
  expect(stdout).toContain("a.yaml:25:2: error: error 25 [test/rule]");
  expect(stdout).toContain("and 17 more");
  expect(summary).toContain("and 17 more");
  expect(summary.match(/^- /gm)).toHaveLength(17);
  expect(summary).toContain("own words");
});

test("a user error's findings are annotations, and no stack is shown", async () => {
  const { code, stdout, stderr } = await step(
    `await runAction(() => 0, async () => { throw new UserError([finding("error", 4)]); }, () => 0);`,
  );
  expect(code).toBe(1);
  expect(stdout).toBe("::error title=test/rule,file=a.yaml,line=4,col=2::error 4\n");
  expect(stderr).toBe("");
});

test("a bug shows its stack and the stacks of its causes", async () => {
  const { code, stdout, summary, output } = await step(
    `function culprit() { throw new TypeError("nope", { cause: new Error("the reason") }); }
     await runAction(() => 0, async () => culprit(), () => 0);`,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/TypeError: nope\n\s+at culprit[\s\S]*Caused by: Error: the reason\n\s+at /);
  expect(stdout).toContain("::error::Unexpected failure, a bug in this action: TypeError: nope");
  expect(summary).toContain("TypeError: nope");
  expect(output).toBe("");
});

test.each([
  ["a string", `"boom"`, `it threw "boom"`],
  ["undefined", "undefined", "it threw undefined"],
  ["an object", "{ status: 500 }", `it threw {"status":500}`],
  ["null", "null", "it threw null"],
  ["a cycle", "(() => { const a = {}; a.a = a; return a; })()", "it threw [object Object]"],
])("throwing %s fails the step", async (_, value, words) => {
  const { code, stdout } = await step(`await runAction(() => 0, async () => { throw ${value}; }, () => 0);`);
  expect(code).toBe(1);
  expect(stdout).toContain(words);
});

test("an adapter that cannot be made fails the step like the action itself", async () => {
  const { code, stdout } = await step(
    `await runAction(() => 0, async () => none, async () => { throw new UserError("crane is not there"); });`,
  );
  expect(code).toBe(1);
  expect(stdout).toBe("::error::crane is not there\n");
});

test("work that never ends does not pass", async () => {
  const { code } = await step(`void runAction(() => 0, () => new Promise(() => {}), () => 0);`);
  expect(code).toBe(1);
});

test("a log line from outside is never taken for a command", async () => {
  const { stdout } = await step(
    `const logger = actionsLogger();
     await runAction(() => 0, async () => { logger.info("ok\\n::add-mask::x\\r  ::stop-commands::y\\n a ##[error]z"); return none; }, () => 0);`,
  );
  expect(stdout).toBe("ok\n| ::add-mask::x\n|   ::stop-commands::y\n a ## [error]z\n");
});

test("a message of any length is cut to what the runner keeps, and a line end cannot break out of it", async () => {
  const { stdout } = await step(
    `await runAction(() => 0, async () => { throw new UserError("a\\n::warning::b" + "x".repeat(9000)); }, () => 0);`,
  );
  expect(stdout).toMatch(/^::error::a%0A::warning::bx+…\n$/);
  expect(stdout.length).toBeLessThan(4096 + 30);
});

test("a summary above 1 MiB is cut on a line end, and the step still passes", async () => {
  const { code, summary } = await step(
    `const line = "é".repeat(99);
     await runAction(() => 0, async () => ({ ...none, summary: (line + "\\n").repeat(20_000) }), () => 0);`,
  );
  expect(code).toBe(0);
  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1024 * 1024);
  expect(Buffer.byteLength(summary)).toBeGreaterThan(1024 * 1024 - 600);
  const lines = summary.split("\n");
  expect(new Set(lines.slice(0, -4))).toEqual(new Set(["é".repeat(99)]));
  expect(summary).toMatch(/_Cut here: the whole is 3980000 bytes/);
});

test("outside a runner the summary is left out", async () => {
  const { code } = await step(`await runAction(() => 0, async () => ({ ...none, summary: "x" }), () => 0);`, {
    GITHUB_STEP_SUMMARY: "",
  });
  expect(code).toBe(0);
});

test.each([
  ["a bug", `throw new Error("bug")`, 2],
  ["a tool that is missing", `throw new UserError("install Go")`, 2],
  ["findings that were thrown", `throw new UserError([finding("error", 1)])`, 1],
  ["findings", `return { ...none, ok: false, annotations: [finding("error", 1)] }`, 1],
  ["a promise that never settles", `return new Promise(() => {})`, 2],
  ["nothing wrong", `return none`, 0],
])("where the action tells findings from no answer: %s", async (_, body, wanted) => {
  const { code } = await step(
    `await runAction(() => 0, async () => { ${body} }, () => 0, { couldNotRun: 2 });`,
  );
  // Node ends with 13 of its own accord where the module itself never comes to its end.
  expect(body.includes("Promise") ? [2, 13] : [wanted]).toContain(code);
});
