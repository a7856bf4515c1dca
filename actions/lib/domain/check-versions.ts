import type { Finding } from "./finding.ts";
import { JARS_FILE, type LockedJar, parseJarsLock } from "./jars-lock.ts";
import { javaVersions } from "./java-versions.ts";
import { satisfiesSpecifier } from "./satisfies-specifier.ts";
import type { Component, Versions } from "./versions.ts";

/** Where Python's packages are pinned. */
export const REQUIREMENTS_FILE = "pipelines/runtime/requirements.lock";

/** Where Kubernetes' schemas are pinned. */
export const KUBERNETES_FILE = "scripts/tools/kubernetes/go.mod";

/** What the versions are held against. */
export interface VersionPins {
  /** The text of `requirements.lock`. */
  requirementsLock: string;
  /** The text of `jars.lock`. */
  jarsLock: string;
  /** The text of the `go.mod` that pins Kubernetes. */
  kubernetesMod: string;
}

/**
 * What only the installed packages know. It is read from them and not written down here, so that it cannot be of
 * another version than the one that is locked.
 */
export interface InstalledFacts {
  /** The file names in `pyspark/jars`. */
  sparkJars: readonly string[];
  /** The `Requires-Dist` lines of the installed delta-spark, without the key. */
  deltaRequires: readonly string[];
}

/**
 * Tells what of `versions.yaml` cannot work together, or is not what the locks hold. Nothing is read or run.
 *
 * @param versions from `parseVersions`
 * @param pins the texts of the locks
 * @param installed from the prepared Python environment
 * @returns nothing when all fits; else one finding a contradiction, at the line to change
 * @throws UserError when `jars.lock` cannot be read
 */
export function checkVersions(versions: Versions, pins: VersionPins, installed: InstalledFacts): Finding[] {
  const jars = parseJarsLock(pins.jarsLock);
  return [
    ...checkJava(versions),
    ...checkRequirements(versions, pins.requirementsLock),
    ...jars.flatMap((jar) => checkJar(versions, jar)),
    ...checkDeltaJars(jars),
    ...checkBundled(versions, installed.sparkJars),
    ...checkDeltaCap(versions, installed.deltaRequires),
    ...checkKubernetes(versions, pins.kubernetesMod),
  ];
}

function checkJava({ of, at }: Versions): Finding[] {
  if (javaVersions(of.spark, of.java).length > 0) return [];
  return [
    {
      ...finding("java", at("java"), `Spark ${of.spark} is not known to run on Java ${of.java}`),
      expected: "a Java that Spark's documentation names",
      fix: "when Spark's line is new, add it to actions/lib/domain/java-versions.ts",
    },
  ];
}

/** The package of `requirements.lock` that must be of a component's version. */
const packages: readonly (readonly [string, Component])[] = [
  ["pyspark", "spark"],
  ["delta-spark", "delta"],
  ["apache-airflow-core", "airflow"],
];

function checkRequirements(versions: Versions, lock: string): Finding[] {
  return packages.flatMap(([name, component]) => {
    const wanted = versions.of[component];
    const lines = lock.split(/\r?\n/);
    const line = lines.findIndex((text) => text.startsWith(`${name}==`));
    const locked = /^[^=]*==([^\s;]+)/.exec(lines[line] ?? "")?.[1];
    if (locked === wanted) return [];
    const what = locked === undefined ? `${name} is not locked` : `${name} is locked at ${locked}`;
    const at = { file: REQUIREMENTS_FILE, line: Math.max(line, 0) + 1, column: 1 };
    return [disagreement("requirements", at, what, component, wanted)];
  });
}

/** The group of jars that must be of a component's version. */
const groups: readonly (readonly [string, Component])[] = [
  ["io.delta", "delta"],
  ["org.apache.iceberg", "iceberg"],
  ["org.apache.hadoop", "hadoop"],
  ["org.apache.spark", "spark"],
];

function checkJar(versions: Versions, jar: LockedJar): Finding[] {
  const { of } = versions;
  const at = { file: JARS_FILE, line: jar.line, column: 1 };
  const found: Finding[] = [];
  // delta-spark_4.1_2.13, iceberg-spark-runtime-4.1_2.13, spark-sql_2.13
  const [, line, scala] = /(?:[-_](\d+\.\d+))?_(\d+\.\d+)$/.exec(jar.artifact) ?? [];
  const sparkLine = of.spark.split(".").slice(0, 2).join(".");
  if (line !== undefined && line !== sparkLine) {
    found.push(
      disagreement("jar-spark", at, `${jar.artifact} is made for Spark ${line}`, "spark", sparkLine),
    );
  }
  if (scala !== undefined && scala !== of.scala) {
    found.push(
      disagreement("jar-scala", at, `${jar.artifact} is made for Scala ${scala}`, "scala", of.scala),
    );
  }
  const component = groups.find(([group]) => group === jar.group)?.[1];
  if (component !== undefined && jar.version !== of[component]) {
    const what = `${jar.artifact} is locked at ${jar.version}`;
    found.push(disagreement("jar-version", at, what, component, of[component]));
  }
  return found;
}

function checkDeltaJars(jars: readonly LockedJar[]): Finding[] {
  const missing = (name: string): boolean =>
    !jars.some(({ artifact }) => artifact.replace(/_.*/, "") === name);
  return ["delta-spark", "delta-storage"].filter(missing).map((name) => ({
    ...finding("jar-missing", { file: JARS_FILE, line: 1, column: 1 }, `${name} is not locked`),
    expected: "Delta's two jars: Spark cannot read or write Delta without them",
  }));
}

/** A jar that Spark brings, and the component whose version its name must carry. */
const bundled: readonly (readonly [RegExp, Component])[] = [
  [/^hadoop-client-api-(\d+\.\d+\.\d+)\.jar$/, "hadoop"],
  [/^scala-library-(\d+\.\d+)\.\d+\.jar$/, "scala"],
  [/^spark-core_[\d.]+-(\d+\.\d+\.\d+)\.jar$/, "spark"],
];

function checkBundled({ of, at }: Versions, sparkJars: readonly string[]): Finding[] {
  return bundled.flatMap(([pattern, component]) => {
    const brought = sparkJars.map((name) => pattern.exec(name)?.[1]).find((version) => version !== undefined);
    if (brought === of[component]) return [];
    const what = brought === undefined ? `no jar like ${pattern.source}` : `${component} ${brought}`;
    const message = `${component} is ${of[component]}, and the installed Spark brings ${what}`;
    return [{ ...finding("bundled", at(component), message), expected: "what Spark brings" }];
  });
}

function checkDeltaCap({ of, at }: Versions, requires: readonly string[]): Finding[] {
  const specifier = requires.map((line) => /^pyspark\b\s*\(?([^;)]*)/.exec(line)?.[1]?.trim()).find(Boolean);
  const satisfied = specifier === undefined ? undefined : satisfiesSpecifier(of.spark, specifier);
  if (satisfied === true) return [];
  const message =
    satisfied === false
      ? `delta-spark ${of.delta} takes pyspark ${specifier}, and spark is ${of.spark}`
      : `delta-spark ${of.delta} says of pyspark ${JSON.stringify(specifier ?? "nothing")}, which is not understood`;
  return [{ ...finding("delta-cap", at("spark"), message), fix: "move delta or spark" }];
}

function checkKubernetes({ of }: Versions, mod: string): Finding[] {
  const lines = mod.split(/\r?\n/);
  const line = lines.findIndex((text) => /\bk8s\.io\/kubernetes v/.test(text));
  const pinned = /k8s\.io\/kubernetes v(\S+)/.exec(lines[line] ?? "")?.[1];
  if (pinned === of.kubernetes) return [];
  const at = { file: KUBERNETES_FILE, line: Math.max(line, 0) + 1, column: 1 };
  const what =
    pinned === undefined ? "k8s.io/kubernetes is not pinned" : `k8s.io/kubernetes is pinned at ${pinned}`;
  return [disagreement("kubernetes", at, what, "kubernetes", of.kubernetes)];
}

function disagreement(
  rule: string,
  at: { file: string; line: number; column: number },
  what: string,
  component: Component,
  wanted: string,
): Finding {
  return { ...finding(rule, at, what), expected: `${wanted}, as versions.yaml says of ${component}` };
}

function finding(rule: string, at: { file: string; line: number; column: number }, message: string): Finding {
  return { rule: `versions/${rule}`, severity: "error", ...at, message };
}
