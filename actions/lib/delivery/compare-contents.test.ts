import { expect, test } from "vitest";
import type { ImageMove } from "../domain/plan-bump.ts";
import { readJarsLock, readPythonLock, sbom } from "../domain/sbom.ts";
import { UserError } from "../domain/user-error.ts";
import { compareContents } from "./compare-contents.ts";

const digest = (of: number): string => `sha256:${String(of).repeat(64)}`;
const move = (image: string, from: number | undefined, to: number): ImageMove => {
  const pin = (of: number | undefined) => ({
    newName: of === undefined ? undefined : `localhost:1/${image}`,
    newTag: of === undefined ? undefined : `t${of}`,
    digest: of === undefined ? undefined : digest(of),
  });
  return { path: "", image, from: pin(from), to: pin(to) };
};
const lock = (attrs: string): string => `attrs==${attrs} \\\n    --hash=sha256:00\nSix_Pack.js==1.0\n`;
const jars = readJarsLock(`${"a".repeat(64)}  io.delta:delta-storage:4.4.0\n`);
const document = (attrs: string, more = jars): string =>
  JSON.stringify(
    sbom(
      { name: "a", tag: "t", created: "2026-01-01T00:00:00Z", base: undefined },
      [...readPythonLock(lock(attrs)), ...more],
      [],
    ),
  );
const evidence = (documents: Record<string, string>) => ({
  attached: async (image: { digest: string }, type: string) => {
    if (image.digest === digest(9)) throw new UserError("the registry is down");
    const text = type === "application/vnd.cyclonedx+json" ? documents[image.digest] : undefined;
    return text === undefined ? [] : [Buffer.from(text)];
  },
});

test("tells each package that changes once, with the images that it is in, and what is not known", async () => {
  const documents = { [digest(1)]: document("26.1.0"), [digest(2)]: document("26.2.0", []) };
  const moves = [move("a", 1, 2), move("b", 1, 2), move("c", 9, 2), move("d", undefined, 2), move("e", 3, 2)];
  expect(await compareContents(moves, evidence(documents))).toBe(`
**Packages**

- \`maven/io.delta/delta-storage\` 4.4.0 → nothing (a, b)
- \`pypi/attrs\` 26.1.0 → 26.2.0 (a, b)
- not known of c, e: there is no SBOM of both
`);
});

test("says that none changes, and nothing of images that are new", async () => {
  const documents = { [digest(1)]: document("26.1.0"), [digest(2)]: document("26.1.0") };
  expect(await compareContents([move("a", 1, 2)], evidence(documents))).toContain("None changes.");
  expect(await compareContents([move("a", undefined, 2)], evidence(documents))).toBe("");
});
