import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { JARS_FILE } from "../domain/jars-lock.ts";
import { javaVersions } from "../domain/java-versions.ts";
import { parseVersions, VERSIONS_FILE } from "../domain/versions.ts";
import { type ContextPart, cached, file } from "./context-part.ts";
import { prepareJars } from "./jars.ts";
import { findJava } from "./java.ts";
import type { Recipe } from "./recipes.ts";

type BaseName = "spark-base" | "airflow";

const RUNTIME = "pipelines/runtime";
/** What goes into each, beside its Dockerfile: path in the repository, path in the build's context. */
const FILES: Readonly<Record<BaseName, readonly (readonly [string, string])[]>> = {
  "spark-base": [
    [`${RUNTIME}/images/spark-base/entrypoint.sh`, "entrypoint.sh"],
    [`${RUNTIME}/images/spark-base/class_archive.py`, "class_archive.py"],
    [`${RUNTIME}/uv.lock.txt`, "uv.lock.txt"],
    [`${RUNTIME}/requirements-spark.lock`, "requirements-spark.lock"],
  ],
  airflow: [
    [`${RUNTIME}/uv.lock.txt`, "uv.lock.txt"],
    [`${RUNTIME}/requirements-airflow.lock`, "requirements-airflow.lock"],
  ],
};

/** An image that the pipelines' stand on. */
export interface BaseRecipe extends Recipe {
  name: BaseName;
  /** The repository's files that it is made of. */
  sources: readonly string[];
}

/**
 * The images that the pipelines' stand on, both on a Debian.
 *
 * @param root the repository's root
 */
export function baseRecipes(root: string): Record<BaseName, BaseRecipe> {
  const recipe = (name: BaseName, more: readonly ContextPart[]): BaseRecipe => {
    const dockerfile = [`${RUNTIME}/images/${name}/Dockerfile`, "Dockerfile"] as const;
    const files = [dockerfile, ...FILES[name]];
    const parts = files.map(([source, path]) => file(join(root, source), path));
    const sources = files.map(([source]) => source);
    return { name, repository: name, base: "debian", parts: [...parts, ...more], sources };
  };
  const spark = recipe("spark-base", [lockedJars(root, JARS_FILE)]);
  return {
    "spark-base": { ...spark, sources: [...spark.sources, JARS_FILE] },
    airflow: recipe("airflow", []),
  };
}

/**
 * A pipeline's own image, on `spark-base`.
 *
 * @param sources the files in the Dockerfile's folder, from the repository's root
 */
export function ownRecipe(root: string, name: string, sources: readonly string[]): Recipe {
  const folder = (sources.find((path) => path.endsWith("/Dockerfile")) ?? "").replace(/Dockerfile$/, "");
  const parts = sources.map((path) => file(join(root, path), path.slice(folder.length)));
  return { name, repository: name, base: "spark-base", parts };
}

/**
 * The jars of a lock file, as the folder `jars` of an image's context.
 *
 * @param root the repository's root
 * @param lock the lock file's path in it
 */
export function lockedJars(root: string, lock: string): ContextPart {
  const lockFile = join(root, lock);
  const prepare = async (): Promise<string> => {
    const { of } = parseVersions(await readFile(join(root, VERSIONS_FILE)));
    const java = await findJava(javaVersions(of.spark, of.java));
    return prepareJars({ lockFile, javaHome: java.home });
  };
  return cached(prepare, () => readFile(lockFile, "utf8"), "jars");
}
