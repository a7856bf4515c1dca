import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exceptionAnnotation } from "./exceptions.ts";
import { POLICIES } from "./policy.ts";
import { findRule, RULES, unknownRule } from "./rules.ts";

const actions = join(import.meta.dirname, "../..");

/** What a rule's id looks like in the code that finds what breaks it. */
const ID = /\brule: (?:[^"`,]*\? )?["`]([a-z]+\/[a-z0-9-]+)["`](?: : ["`]([a-z]+\/[a-z0-9-]+)["`])?/g;

/** Of bump-images and of setup: `validate` never tells them. */
const ELSEWHERE = /^kustomization\//;

async function idsInCode(): Promise<Set<string>> {
  const folders = ["lib/domain", "lib/adapters", "validate"].map((folder) => join(actions, folder));
  const ids = new Set<string>();
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      const text = await readFile(join(folder, name), "utf8");
      for (const [, ...found] of text.matchAll(ID)) for (const id of found) if (id !== undefined) ids.add(id);
    }
  }
  return ids;
}

test("every finding's rule is one that can be explained", async () => {
  const unknown = [...(await idsInCode())].filter((id) => findRule(id) === undefined && !ELSEWHERE.test(id));
  expect(unknown).toEqual([]);
});

test("ids are unique, and each says why and how to mend in a line", () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  for (const { id, reason, fix } of RULES) {
    expect(id).toMatch(/^[a-z]+\/[a-z0-9-]+$/);
    for (const text of [reason, fix]) expect(text, id).toMatch(/^[A-Z`][^\n]{6,180}[.`]$/);
  }
});

test("each policy is a rule with an exception whose annotation Kubernetes takes", () => {
  for (const { id } of POLICIES) {
    expect(findRule(id)).toMatchObject({ exceptable: true });
    expect(exceptionAnnotation(id).split("/")[1]?.length).toBeLessThanOrEqual(63);
  }
});

test.each([
  ["policy/host-paht", "there is no rule `policy/host-paht`; did you mean `policy/host-path`?"],
  [
    "selector/nothing-like-it",
    "there is no rule `selector/nothing-like-it`; there are selector/no-pods, selector/port, selector/template",
  ],
  ["zzzzzzzzzz", "there is no rule `zzzzzzzzzz`"],
])("%s", (id, told) => {
  expect(unknownRule(id)).toBe(told);
});
