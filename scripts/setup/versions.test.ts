import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parseVersions, VERSIONS_FILE, type Versions } from "../../actions/lib/domain/versions.ts";
import { type PythonEnvironment, preparePython } from "./python.ts";
import { repositoryRoot } from "./repository.ts";
import { assertVersions, readInstalled, readVersions } from "./versions.ts";

let versions: Versions;
let python: PythonEnvironment;
beforeAll(async () => {
  versions = await readVersions();
  python = await preparePython({ oldest: versions.of.python });
}, 600_000);

test("the repository's versions work together, and are what its locks hold", async () => {
  await assertVersions(versions, python);
});

test("what the installed packages say is really read: Delta's cap, and the jars that Spark brings", async () => {
  const { deltaRequires, sparkJars } = await readInstalled(python.home);
  expect(deltaRequires.filter((line) => line.startsWith("pyspark"))).toHaveLength(1);
  expect(sparkJars).toContain(`hadoop-client-api-${versions.of.hadoop}.jar`);
});

test("a Spark that nothing else follows is told at every place that must move", async () => {
  const text = await readFile(join(repositoryRoot, VERSIONS_FILE), "utf8");
  const moved = parseVersions(text.replace(`spark: ${versions.of.spark}`, "spark: 4.0.1"));
  const error = await assertVersions(moved, python).catch((thrown: Error) => thrown.message);
  expect(error).toMatch(
    /pyspark is locked at .*\n.*delta-spark_\S+ is made for Spark .*\n.*iceberg-spark-runtime-\S+ is made for Spark .*\n.*the installed Spark brings spark/,
  );
});
