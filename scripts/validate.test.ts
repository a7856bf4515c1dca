import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { templateFiles } from "../actions/lib/testing/template-files.ts";
import { writeFiles } from "../actions/lib/testing/write-files.ts";

const root = join(import.meta.dirname, "..");
const FILE = "pipelines/breweries/pipeline.yaml";

/** One for all, so that each run only looks at what a test changes; Git brings it back. */
let folder = "";

function git(...args: string[]): void {
  execFileSync("git", args, { cwd: folder, stdio: "ignore" });
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "wavehouse-validate-")));
  await writeFiles(folder, await templateFiles());
  git("init");
  git("add", "--all");
  expect(validate("--root", folder)).toMatchObject({ code: 0, stderr: "" });
}, 300_000);

afterEach(() => git("checkout", "--", "."));

afterAll(() => rm(folder, { recursive: true, force: true }));

async function repository(change: [from: string, to: string]): Promise<string> {
  const text = await readFile(join(folder, FILE), "utf8");
  await writeFile(join(folder, FILE), text.replace(...change));
  return folder;
}

function validate(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "scripts/validate.ts"), ...args],
    {
      encoding: "utf8",
    },
  );
  return { code: status, stdout, stderr };
}

describe("npm run validate", { timeout: 120_000 }, () => {
  test("ends with 1 when something is, with the source line and a caret", async () => {
    const { code, stdout } = validate("--root", await repository(["partitionBy", "partitonBy"]));
    expect(stdout).toContain(`${FILE}:27:7: error: unknown key \`partitonBy\``);
    expect(stdout).toContain("        partitonBy: [country]\n        ^\n");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("not valid: 1 error");
    expect(code).toBe(1);
  });

  test("--json prints one document", async () => {
    const { code, stdout } = validate("--json", "--root", await repository(["keys: [id]", "keys: id"]));
    const { ok, findings } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: "pipeline/wrong-type", file: FILE, line: 26, column: 13 }),
    );
    expect(code).toBe(1);
  });

  test("--format sarif and --report write the same list, and github prints it as annotations", async () => {
    await repository(["keys: [id]", "keys: id"]);
    const report = join(folder, ".report");
    const { code, stdout } = validate("--format", "sarif", "--report", report, "--root", folder);
    expect(code).toBe(1);
    expect(await readFile(join(report, "validation.sarif"), "utf8")).toBe(stdout);
    expect(JSON.parse(stdout).runs[0].results).toContainEqual(
      expect.objectContaining({ ruleId: "pipeline/wrong-type" }),
    );
    const github = validate("--format", "github", "--root", folder);
    expect(github.stdout).toContain(`::error title=pipeline/wrong-type,file=${FILE},line=26,col=13::`);
    expect(github.code).toBe(1);
  });

  test("--explain says what a rule is for, and what was meant by one that is not there", () => {
    const { code, stdout } = validate("--explain", "policy/host-path");
    expect(code).toBe(0);
    expect(stdout).toContain("policy/host-path (error)\n  why: ");
    expect(stdout).toContain("validate.wavehouse.dev/except.policy.host-path");
    const unknown = validate("--explain", "policy/host-paht");
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain("did you mean `policy/host-path`?");
    expect(validate("--format", "sarf").stderr).toContain("did you mean `sarif`?");
    expect(validate("--explain", "all").stdout.match(/^ {2}why: /gm)?.length).toBeGreaterThan(90);
  });

  test("--fix writes what is stale, and it ends with 0 when nothing is wrong", async () => {
    await repository(["gold: small", "gold: medium"]);
    const gold = join(folder, "manifests/processing/pipelines/breweries/gold.yaml");
    const before = await readFile(gold, "utf8");
    expect(validate("--root", folder).stdout).toContain("[generated/stale]");
    expect(await readFile(gold, "utf8")).toBe(before);
    expect(validate("--fix", "--root", folder).code).toBe(0);
    expect(await readFile(gold, "utf8")).not.toBe(before);
    const { code, stdout, stderr } = validate("--root", folder);
    expect(stdout).toMatch(/^valid: [1-9][0-9]* objects checked$/m);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("--fix mends what needs no decision, and --dry-run shows just that before", async () => {
    await repository(["gold: small", "gold: medium"]);
    const kept = await readFile(join(folder, FILE), "utf8");
    const wrong = kept.replace(/^ {2}owner: .*$/m, "  owner: 7 # seven");
    await writeFile(join(folder, FILE), wrong);
    const overlay = join(folder, "overlays/local/database/postgres/kustomization.yaml");
    const pins = (await readFile(overlay, "utf8")).replace(/newTag: unbuilt/, 'newTag: "17" # a major\n#');
    await writeFile(overlay, pins);
    const gold = "manifests/processing/pipelines/breweries/gold.yaml";
    const dry = validate("--fix", "--dry-run", "--root", folder);
    expect(dry.stdout).toContain('-  owner: 7 # seven\n+  owner: "7" # seven\n');
    expect(dry.stdout).toContain(`diff --git a/${gold} b/${gold}`);
    expect(dry.stderr).toContain("1 error left to you");
    expect(dry.code).toBe(1);
    expect(await readFile(join(folder, FILE), "utf8")).toBe(wrong);
    const fixed = validate("--fix", "--root", folder);
    expect(fixed.stdout).toContain(`written: ${FILE}\n`);
    expect(await readFile(join(folder, FILE), "utf8")).toBe(wrong.replace("owner: 7", 'owner: "7"'));
    // No registry answers here, and nobody else pins it: told, and left as it was.
    expect(fixed.stdout).toContain("[images/no-digest]");
    expect(fixed.code).toBe(1);
    const patch = execFileSync("git", ["diff"], { cwd: folder, encoding: "utf8" });
    expect(validate("--fix", "--root", folder).stdout).not.toContain("written: ");
    expect(execFileSync("git", ["diff"], { cwd: folder, encoding: "utf8" })).toBe(patch);
    expect(validate("--dry-run").code).toBe(2);
  });

  test("a run in which nothing changed recalls what was found", async () => {
    await repository(["partitionBy", "partitonBy"]);
    const first = validate("--json", "--root", folder);
    const again = validate("--json", "--root", folder);
    expect(again).toEqual(first);
    expect(again.code).toBe(1);
  });

  test("ends with 2 when it could not run", async () => {
    const { code, stdout, stderr } = validate("--root", "/nowhere/at/all");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("/nowhere/at/all");
    expect(validate("--colour").code).toBe(2);
  });

  test("--help says what it takes", () => {
    const { code, stdout } = validate("--help");
    expect(code).toBe(0);
    for (const option of ["--fix", "--json", "--format", "--explain", "--root", "Exit codes"])
      expect(stdout).toContain(option);
  });
});
