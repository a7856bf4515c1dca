/**
 * The Java versions that a Spark line runs on, oldest first.
 * Source: the "Downloading" section of Spark's own documentation (`docs/index.md` of each release).
 */
const supported: Readonly<Record<string, readonly string[]>> = {
  "4.0": ["17", "21"],
  "4.1": ["17", "21"],
};

/**
 * The Java versions that this platform runs on: those that Spark supports, from the oldest allowed one on.
 *
 * @param spark Spark's version, `4.1.3`
 * @param oldest the Java that `versions.yaml` names, `17`
 * @returns major versions, oldest first; empty when Spark does not run on `oldest`, or its line is not known here
 */
export function javaVersions(spark: string, oldest: string): string[] {
  const line = spark.split(".").slice(0, 2).join(".");
  const known = supported[line] ?? [];
  return known.includes(oldest) ? known.filter((version) => Number(version) >= Number(oldest)) : [];
}
