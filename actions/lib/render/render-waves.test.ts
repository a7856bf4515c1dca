import { expect, test } from "vitest";
import { parseRendered } from "../domain/rendered-objects.ts";
import { renderWavesMarkdown, renderWavesText } from "./render-waves.ts";

const objects = (...kinds: string[]): ReturnType<typeof parseRendered> =>
  parseRendered(
    kinds.map((kind, at) => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: n${at} }\n`).join("---\n"),
  );

const STEPS = [
  { wave: -1, application: "root", namespace: "cicd", objects: objects("AppProject", "AppProject") },
  {
    wave: 6,
    application: "pipeline-breweries",
    namespace: "processing",
    objects: objects("Role", "Job", "Role"),
  },
  { wave: 7, application: "empty", namespace: "jupyter", objects: [] },
];

test("in a terminal, columns line up", () => {
  expect(renderWavesText(STEPS)).toBe(
    `wave  application         namespace   objects
  -1  root                cicd        2 AppProject
   6  pipeline-breweries  processing  2 Role, 1 Job
   7  empty               jupyter     nothing`,
  );
});

test("in Markdown, a table", () => {
  expect(renderWavesMarkdown(STEPS)).toBe(
    `| wave | application | namespace | objects |
| --: | --- | --- | --- |
| -1 | root | cicd | 2 AppProject |
| 6 | pipeline-breweries | processing | 2 Role, 1 Job |
| 7 | empty | jupyter | nothing |`,
  );
});
