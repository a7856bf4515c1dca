import { describe, expect, test } from "vitest";
import { checkDependencies } from "./check-dependencies.ts";

const empty: Record<string, string> = {
  "actions/build/main.ts": "",
  "actions/build/inputs.ts": "",
  "actions/build/run.ts": "",
  "actions/bump/run.ts": "",
  "actions/lib/adapters/git.ts": "",
  "actions/lib/domain/plan.ts": "",
  "actions/lib/host/run-action.ts": "",
  "actions/lib/ports/logger.ts": "",
  "actions/lib/render/diff.ts": "",
  "actions/lib/testing/memory.ts": "",
  "actions/lib/domain/plan.test.ts": "",
  "actions/kubeconform-wrapper/src/index.ts": "",
};

const check = (changed: Record<string, string>) =>
  checkDependencies(new Map(Object.entries({ ...empty, ...changed })));

describe("checkDependencies", () => {
  test.each([
    ["main.ts", "actions/build/main.ts", "./run.ts"],
    ["main.ts", "actions/build/main.ts", "../lib/adapters/git.ts"],
    ["main.ts", "actions/build/main.ts", "../lib/host/run-action.ts"],
    ["inputs.ts", "actions/build/inputs.ts", "../lib/host/run-action.ts"],
    ["run.ts", "actions/build/run.ts", "../lib/ports/logger.ts"],
    ["run.ts", "actions/build/run.ts", "../lib/render/diff.ts"],
    ["an adapter", "actions/lib/adapters/git.ts", "node:child_process"],
    ["an adapter", "actions/lib/adapters/git.ts", "kubeconform-wrapper"],
    ["the domain", "actions/lib/domain/plan.ts", "yaml"],
    ["the domain", "actions/lib/domain/plan.ts", "node:crypto"],
    ["a test", "actions/lib/domain/plan.test.ts", "../testing/memory.ts"],
    ["a test", "actions/lib/domain/plan.test.ts", "../../build/run.ts"],
    ["a test", "actions/lib/domain/plan.test.ts", "../../../scripts/build.ts"],
  ])("%s (%s) may import %s", (_, path, specifier) => {
    expect(check({ [path]: `import { x } from "${specifier}";` })).toEqual([]);
  });

  test.each([
    ["actions/build/run.ts", "../lib/adapters/git.ts", "run imports actions/lib/adapters/git.ts"],
    ["actions/build/run.ts", "../lib/host/run-action.ts", "run imports actions/lib/host"],
    ["actions/build/run.ts", "../bump/run.ts", "the action build imports actions/bump/run.ts"],
    ["actions/build/run.ts", "./main.ts", "run imports actions/build/main.ts"],
    ["actions/build/run.ts", "node:fs", "run imports node:fs; only adapters may"],
    ["actions/build/run.ts", "@actions/core", "run imports @actions/core"],
    ["actions/build/main.ts", "@actions/core", "main imports @actions/core"],
    ["actions/build/inputs.ts", "../lib/adapters/git.ts", "inputs imports"],
    ["actions/lib/host/run-action.ts", "node:fs/promises", "host imports node:fs/promises"],
    ["actions/lib/domain/plan.ts", "../ports/logger.ts", "domain imports actions/lib/ports"],
    ["actions/lib/domain/plan.ts", "node:fs", "domain imports node:fs"],
    ["actions/lib/domain/plan.ts", "node:path", "domain imports node:path"],
    ["actions/lib/domain/plan.ts", "kubeconform-wrapper", "domain imports kubeconform-wrapper"],
    ["actions/lib/domain/plan.ts", "../testing/memory.ts", "domain imports actions/lib/testing"],
    ["actions/lib/render/diff.ts", "../adapters/git.ts", "render imports"],
    ["actions/lib/ports/logger.ts", "../adapters/git.ts", "ports imports"],
    ["actions/lib/adapters/git.ts", "../host/run-action.ts", "adapters imports"],
    ["actions/lib/adapters/git.ts", "./none.ts", "imports actions/lib/adapters/none.ts, which is not there"],
    [
      "actions/lib/testing/memory.ts",
      "../domain/plan.test.ts",
      "imports actions/lib/domain/plan.test.ts, a test",
    ],
    ["actions/kubeconform-wrapper/src/index.ts", "../../lib/domain/plan.ts", "wrapper imports"],
    ["actions/lib/utils/all.ts", "yaml", "is in no part"],
  ])("%s may not import %s", (path, specifier, message) => {
    const problems = check({ [path]: `\nimport type { X } from "${specifier}";` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${path}:2: `);
    expect(problems[0]).toContain(message);
  });

  test("tells a circle, however long", () => {
    const problems = check({
      "actions/lib/domain/plan.ts": 'import "./b.ts";',
      "actions/lib/domain/b.ts": 'import "./c.ts";',
      "actions/lib/domain/c.ts": 'export { x } from "./plan.ts";',
    });
    expect(problems).toEqual([
      "circle of imports: actions/lib/domain/plan.ts → actions/lib/domain/b.ts → actions/lib/domain/c.ts → actions/lib/domain/plan.ts",
    ]);
  });
});
