import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkVersions,
  type InstalledFacts,
  KUBERNETES_FILE,
  REQUIREMENTS_FILE,
} from "../../actions/lib/domain/check-versions.ts";
import { JARS_FILE } from "../../actions/lib/domain/jars-lock.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { parseVersions, VERSIONS_FILE, type Versions } from "../../actions/lib/domain/versions.ts";
import type { PythonEnvironment } from "./python.ts";
import { repositoryRoot } from "./repository.ts";

/** Reads the repository's `versions.yaml`. Throws UserError when it is wrong. */
export async function readVersions(): Promise<Versions> {
  return parseVersions(await readFile(join(repositoryRoot, VERSIONS_FILE), "utf8"));
}

/**
 * Holds `versions.yaml` against the locks and against what is installed.
 *
 * @throws UserError with every contradiction, at the line to change
 */
export async function assertVersions(versions: Versions, python: PythonEnvironment): Promise<void> {
  const read = (path: string): Promise<string> => readFile(join(repositoryRoot, path), "utf8");
  const pins = {
    requirementsLock: await read(REQUIREMENTS_FILE),
    jarsLock: await read(JARS_FILE),
    kubernetesMod: await read(KUBERNETES_FILE),
  };
  const findings = checkVersions(versions, pins, await readInstalled(python.home));
  if (findings.length > 0) throw new UserError(findings);
}

/**
 * Reads what the installed packages say of themselves, from their own files: no Python is started.
 *
 * @param home the Python environment's folder
 */
export async function readInstalled(home: string): Promise<InstalledFacts> {
  const [lib = "python3"] = (await readdir(join(home, "lib"))).filter((name) => name.startsWith("python"));
  const packages = join(home, "lib", lib, "site-packages");
  const info = (await readdir(packages)).find((name) => /^delta_spark-.*\.dist-info$/.test(name));
  const metadata = info === undefined ? "" : await readFile(join(packages, info, "METADATA"), "utf8");
  return {
    sparkJars: await readdir(join(packages, "pyspark", "jars")),
    deltaRequires: [...metadata.matchAll(/^Requires-Dist: (.+)$/gm)].map((match) => match[1] ?? ""),
  };
}
