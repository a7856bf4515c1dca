import { join } from "node:path";
import { prepareJars } from "../../actions/lib/adapters/jars.ts";
import { findJava, type Java } from "../../actions/lib/adapters/java.ts";
import { prepareMirrors } from "../../actions/lib/adapters/mirrors.ts";
import { javaVersions } from "../../actions/lib/domain/java-versions.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { prepareManifestSchemas, prepareTool, type ToolName } from "./go.ts";
import { type PythonEnvironment, preparePython } from "./python.ts";
import { runtimeDir, toolsDir } from "./repository.ts";
import { assertVersions, readVersions } from "./versions.ts";

/** All that the repository's commands run on. */
export interface Prepared<Tool extends ToolName> {
  /** Each tool's program. */
  tools: Record<Tool, string>;
  /** The folder of the manifests' schemas. */
  schemas: string;
  python: PythonEnvironment;
  java: Java;
  /** The folder of Spark's additional jars. */
  jars: string;
  /** How long each part took, in the order in which they were ready. */
  times: { name: string; seconds: number }[];
}

/**
 * Prepares everything, side by side: what is downloaded waits for the network while what is built keeps the cores
 * busy. What is there already costs next to nothing.
 *
 * @param tools the tools to find or build
 * @param log takes a line for each part that took longer than half a second
 * @returns where everything is
 * @throws UserError that tells all that is missing at once
 */
export async function prepare<Tool extends ToolName>(
  tools: readonly Tool[],
  log: (line: string) => void = () => {},
): Promise<Prepared<Tool>> {
  const versions = await readVersions();
  const times: Prepared<Tool>["times"] = [];
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    const seconds = (performance.now() - started) / 1000;
    times.push({ name, seconds });
    if (seconds > 0.5) log(`${name}: ready after ${seconds.toFixed(1)} s`);
    return result;
  };
  const { of } = versions;
  const python = timed("python", () => preparePython({ oldest: of.python }));
  const java = timed("java", () => findJava(javaVersions(of.spark, of.java)));
  const jars = java.then(
    ({ home }) =>
      timed("jars", () => prepareJars({ javaHome: home, lockFile: join(runtimeDir, "jars.lock") })),
    () => undefined, // told once, by `java` itself
  );
  const built = buildInTurn(tools, timed);
  const schemas = timed("schemas", () => prepareManifestSchemas(of.kubernetes));
  // What kustomize would fetch, out of the same pinned modules.
  const mirrors = timed("mirrors", async () => (await prepareMirrors({ toolsDir })).folder);
  const checked = python.then(
    (environment) => timed("versions", () => assertVersions(versions, environment)),
    () => undefined,
  );
  await settled([python, java, jars, built, schemas, mirrors, checked]);
  const jarsFolder = await jars;
  if (jarsFolder === undefined) throw new Error("jars were not prepared though Java was found");
  return {
    tools: await built,
    schemas: await schemas,
    python: await python,
    java: await java,
    jars: jarsFolder,
    times,
  };
}

/** One build at a time: each of them uses every core already. */
async function buildInTurn<Tool extends ToolName>(
  names: readonly Tool[],
  timed: (name: string, work: () => Promise<string>) => Promise<string>,
): Promise<Record<Tool, string>> {
  const paths: Partial<Record<Tool, string>> = {};
  for (const name of names) paths[name] = await timed(name, () => prepareTool(name));
  return paths as Record<Tool, string>;
}

/** Waits for all, then throws: a bug as it is, and the user's faults together. */
async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  const bug = failures.find((failure) => !(failure instanceof UserError));
  if (bug !== undefined) throw bug;
  const faults = failures.filter((failure) => failure instanceof UserError);
  if (faults.length > 0) throw new UserError(faults.map(({ message }) => message).join("\n\n"));
}
