import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { javaVersions } from "../domain/java-versions.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeProgram } from "../testing/write-program.ts";
import { findJava } from "./java.ts";

let root: string;
beforeEach(async () => {
  root = await temporaryFolder();
});

/** A Java that tells its version in the `release` file, or, when `asked`, only when it is started. */
async function java(name: string, version: string, asked = false): Promise<string> {
  const home = join(root, "jvm", name);
  const body = asked
    ? `echo "    java.version = ${version}" >&2; echo "    java.home = ${home}" >&2`
    : "exit 1";
  await writeProgram(home, "bin/java", body);
  if (!asked) await writeFile(join(home, "release"), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
  return home;
}

const find = (env: NodeJS.ProcessEnv = {}) => findJava(["17", "21"], { env, folders: [join(root, "jvm")] });

describe("takes", () => {
  test("what JAVA_HOME says, when it fits", async () => {
    await java("a-17", "17.0.15");
    const home = await java("b-21", "21.0.1");
    expect(await find({ JAVA_HOME: home })).toEqual({ home, version: "21.0.1" });
  });

  test("another one when JAVA_HOME's does not fit", async () => {
    const home = await java("a-17", "17.0.15");
    expect(await find({ JAVA_HOME: await java("b-11", "11.0.2") })).toEqual({ home, version: "17.0.15" });
  });

  test("the one on PATH, through its link", async () => {
    const home = await java("elsewhere/17", "17.0.15");
    await mkdir(join(root, "bin"));
    await symlink(join(home, "bin", "java"), join(root, "bin", "java"));
    expect(await find({ PATH: join(root, "bin") })).toEqual({ home, version: "17.0.15" });
  });

  test("one without a release file, by asking it", async () => {
    const home = await java("odd", "17.0.1", true);
    expect(await find()).toEqual({ home, version: "17.0.1" });
  });
});

describe("says what to install", () => {
  test("when there is none", async () => {
    await expect(find()).rejects.toThrow(
      /Spark needs Java 17 or 21, and there is none\. .*openjdk-17-jre-headless/,
    );
  });

  test("when all are wrong, the old numbering included", async () => {
    const eight = await java("a", "1.8.0_392");
    const twentyFive = await java("b", "25.0.1");
    await expect(find()).rejects.toThrow(`there is only 1.8.0_392 in ${eight}, 25.0.1 in ${twentyFive}.`);
  });
});

test.each([
  ["4.1.3", "17", ["17", "21"]],
  ["4.1.3", "21", ["21"]],
  ["4.1.3", "25", []],
  ["9.9.9", "17", []],
])("Spark %s from Java %s on runs on %j", (spark, oldest, expected) => {
  expect(javaVersions(spark, oldest)).toEqual(expected);
});
