import { expect, test } from "vitest";
import { checkVersions, type InstalledFacts, type VersionPins } from "./check-versions.ts";
import { formatFinding } from "./finding.ts";
import { satisfiesSpecifier } from "./satisfies-specifier.ts";
import { UserError } from "./user-error.ts";
import { parseVersions } from "./versions.ts";

const sha = "0".repeat(64);
const good = {
  yaml: `spark: 4.1.3
scala: "2.13"
java: "17"
delta: 4.4.0
iceberg: 1.12.0
hadoop: 3.4.2
airflow: 3.3.2
python: "3.11"
kubernetes: 1.36.3
`,
  requirementsLock:
    "apache-airflow-core==3.3.2 \\\n    --hash=sha256:1\ndelta-spark==4.4.0 \\\n    --hash=sha256:2\npyspark==4.1.3 \\\n    --hash=sha256:3\n",
  jarsLock: `# jars
${sha}  io.delta:delta-spark_4.1_2.13:4.4.0
${sha}  io.delta:delta-storage:4.4.0
${sha}  org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0
${sha}  org.apache.hadoop:hadoop-aws:3.4.2
`,
  kubernetesMod: "module a\n\nrequire k8s.io/kubernetes v1.36.3\n",
  sparkJars: ["hadoop-client-api-3.4.2.jar", "scala-library-2.13.17.jar", "spark-core_2.13-4.1.3.jar"],
  deltaRequires: ["pyspark<=4.2.0,>=4.0.1", "importlib_metadata>=1.0.0"],
};

function check(change: Partial<VersionPins & InstalledFacts & { yaml: string }>): string[] {
  const all = { ...good, ...change };
  return checkVersions(parseVersions(all.yaml), all, all).map(formatFinding);
}

test("what fits together has no finding", () => {
  expect(check({})).toEqual([]);
});

test.each([
  [
    "a Java that Spark does not run on",
    { yaml: good.yaml.replace('"17"', '"11"') },
    "versions.yaml:3:7: error: Spark 4.1.3 is not known to run on Java 11",
  ],
  [
    "a Spark line that nobody has looked up",
    { yaml: good.yaml.replace("4.1.3", "9.0.0") },
    "versions.yaml:3:7: error: Spark 9.0.0 is not known to run on Java 17",
  ],
  [
    "pyspark of another version",
    { requirementsLock: good.requirementsLock.replace("4.1.3", "4.1.2") },
    "requirements.lock:5:1: error: pyspark is locked at 4.1.2; expected 4.1.3, as versions.yaml says of spark",
  ],
  [
    "Airflow of another version",
    { requirementsLock: good.requirementsLock.replace("3.3.2", "3.3.1") },
    "requirements.lock:1:1: error: apache-airflow-core is locked at 3.3.1; expected 3.3.2",
  ],
  [
    "delta-spark that is not locked",
    { requirementsLock: good.requirementsLock.replace("delta-spark", "delta-sparks") },
    "requirements.lock:1:1: error: delta-spark is not locked",
  ],
  [
    "a jar for another Spark",
    { jarsLock: good.jarsLock.replace("delta-spark_4.1", "delta-spark_4.0") },
    "jars.lock:2:1: error: delta-spark_4.0_2.13 is made for Spark 4.0; expected 4.1",
  ],
  [
    "an Iceberg runtime for another Spark",
    { jarsLock: good.jarsLock.replace("runtime-4.1", "runtime-4.0") },
    "jars.lock:4:1: error: iceberg-spark-runtime-4.0_2.13 is made for Spark 4.0",
  ],
  [
    "a jar for another Scala",
    { jarsLock: good.jarsLock.replace("4.1_2.13:4.4.0", "4.1_2.12:4.4.0") },
    "jars.lock:2:1: error: delta-spark_4.1_2.12 is made for Scala 2.12; expected 2.13",
  ],
  [
    "Delta jars of two versions",
    { jarsLock: good.jarsLock.replace("delta-storage:4.4.0", "delta-storage:4.3.0") },
    "jars.lock:3:1: error: delta-storage is locked at 4.3.0; expected 4.4.0",
  ],
  [
    "a jar of Delta that is missing",
    { jarsLock: good.jarsLock.replace(/.*delta-storage.*\n/, "") },
    "jars.lock:1:1: error: delta-storage is not locked",
  ],
  [
    "Iceberg of another version",
    { jarsLock: good.jarsLock.replace("1.12.0", "1.11.0") },
    "jars.lock:4:1: error: iceberg-spark-runtime-4.1_2.13 is locked at 1.11.0; expected 1.12.0",
  ],
  [
    "hadoop-aws beside another Hadoop",
    { jarsLock: good.jarsLock.replace("3.4.2", "3.4.1") },
    "jars.lock:5:1: error: hadoop-aws is locked at 3.4.1; expected 3.4.2, as versions.yaml says of hadoop",
  ],
  [
    "a Hadoop that Spark does not bring",
    { sparkJars: good.sparkJars.map((name) => name.replace("3.4.2", "3.4.1")) },
    "versions.yaml:6:9: error: hadoop is 3.4.2, and the installed Spark brings hadoop 3.4.1",
  ],
  [
    "a Scala that Spark does not bring",
    { sparkJars: good.sparkJars.map((name) => name.replace("2.13.17", "3.3.1")) },
    "versions.yaml:2:8: error: scala is 2.13, and the installed Spark brings scala 3.3",
  ],
  [
    "an installed Spark that cannot be recognised",
    { sparkJars: [] },
    "the installed Spark brings no jar like",
  ],
  [
    "a Spark above Delta's cap",
    { deltaRequires: ["pyspark<4.1.0,>=4.0.1"] },
    "versions.yaml:1:8: error: delta-spark 4.4.0 takes pyspark <4.1.0,>=4.0.1, and spark is 4.1.3",
  ],
  [
    "a cap in old parentheses",
    { deltaRequires: ["pyspark (<4.1.0,>=4.0.1)"] },
    "takes pyspark <4.1.0,>=4.0.1",
  ],
  ["a cap that cannot be read", { deltaRequires: ["pyspark @ file:///x"] }, "which is not understood"],
  [
    "a Delta that says nothing of Spark",
    { deltaRequires: [] },
    'says of pyspark "nothing", which is not understood',
  ],
  [
    "schemas of another Kubernetes",
    { kubernetesMod: good.kubernetesMod.replace("1.36.3", "1.35.0") },
    "kubernetes/go.mod:3:1: error: k8s.io/kubernetes is pinned at 1.35.0; expected 1.36.3",
  ],
  [
    "no schemas of Kubernetes",
    { kubernetesMod: "module a\n" },
    "kubernetes/go.mod:1:1: error: k8s.io/kubernetes is not pinned",
  ],
])("%s is told at its line", (_, change, expected) => {
  expect(check(change).join("\n")).toContain(expected);
});

test.each([
  ["a version that is missing", good.yaml.replace(/delta.*\n/, ""), "delta is missing"],
  [
    "a version that YAML takes for a number",
    good.yaml.replace('"2.13"', "2.13"),
    "versions.yaml:2:8: error: scala is 2.13; expected its version as a string",
  ],
  [
    "a version that is none",
    good.yaml.replace("4.1.3", "latest"),
    'versions.yaml:1:8: error: spark is "latest"',
  ],
  ["something unknown", `${good.yaml}sprak: 4.1.3\n`, "unknown key sprak"],
])("versions.yaml: %s", (_, yaml, expected) => {
  expect(() => parseVersions(yaml)).toThrow(UserError);
  expect(() => parseVersions(yaml)).toThrow(expected);
});

test.each([
  [
    "not a line of the lock",
    `${sha} io.delta:delta-storage:4.4.0\n`,
    "jars.lock:1:1: error: not a locked jar",
  ],
  [
    "the same jar twice",
    `${good.jarsLock}${sha}  io.delta:delta-storage:4.4.0\n`,
    "jars.lock:6:1: error: delta-storage is locked twice",
  ],
])("jars.lock: %s", (_, jarsLock, expected) => {
  expect(() => check({ jarsLock })).toThrow(expected);
});

test.each([
  ["4.1.3", "<=4.2.0,>=4.0.1", true],
  ["4.2.0", "<=4.2.0", true],
  ["4.2.1", "<=4.2.0", false],
  ["4.10.0", "<4.9", false],
  ["4.1", "==4.1.0", true],
  ["4.1.3", "==4.1.*", true],
  ["4.10.3", "==4.1.*", false],
  ["4.1.3", "!=4.1.3", false],
  ["4.1.3", "~=4.1.2", true],
  ["4.2.0", "~=4.1.2", false],
  ["4.1.3", ">4.1.3", false],
  ["4.1.3", "===4.1.3", undefined],
  ["4.1.3", "", undefined],
])("satisfiesSpecifier(%s, %s) is %s", (version, specifier, expected) => {
  expect(satisfiesSpecifier(version, specifier)).toBe(expected);
});
