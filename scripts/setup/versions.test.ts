import { beforeAll, expect, test } from "vitest";
import { parseVersions, type Versions } from "../../actions/lib/domain/versions.ts";
import { type PythonEnvironment, preparePython } from "./python.ts";
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
  const moved = parseVersions(`spark: 4.0.1
scala: "2.13"
java: "17"
delta: 4.4.0
iceberg: 1.12.0
hadoop: 3.4.2
airflow: 3.3.2
python: "3.11"
kubernetes: 1.36.3
`);
  const error = await assertVersions(moved, python).catch((thrown: Error) => thrown.message);
  expect(error).toMatch(
    /pyspark is locked at .*\n.*delta-spark_\S+ is made for Spark .*\n.*the installed Spark brings spark/,
  );
});
