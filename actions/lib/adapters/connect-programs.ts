import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Versions } from "../domain/versions.ts";
import type { PipelineLoader } from "../ports/pipeline-loader.ts";
import type { SqlAnalyzer } from "../ports/sql-analyzer.ts";
import type { WorkflowChecker } from "../ports/workflow-checker.ts";
import { pipelineLoader } from "./pipeline-loader.ts";
import type { PythonEnvironment } from "./python-environment.ts";
import type { PythonProgram } from "./python-problems.ts";
import { sparkAnalyzer } from "./spark-analyzer.ts";

const LOCK = "requirements.lock";

/**
 * Connects what checks beyond files and manifests: actionlint, and the programs of the Python that the lock describes,
 * which is set up the first time that one of them is needed.
 *
 * @param root absolute path of the repository that is validated
 * @param toolsDir the pinned tools, of the checkout that this code is from
 */
export function connectPrograms(
  root: string,
  toolsDir: string,
): { workflows: WorkflowChecker; loader: PipelineLoader; analyzer: SqlAnalyzer } {
  const checkout = join(toolsDir, "../..");
  // A repository's pipelines run on its own lock; one that brings none is checked with this one's tools.
  const own = join(root, "pipelines/runtime");
  const locks = existsSync(join(own, LOCK)) ? own : join(checkout, "pipelines/runtime");
  let environment: Promise<PythonEnvironment> | undefined;
  const python = (): Promise<PythonEnvironment> => {
    environment ??= prepare(locks, checkout);
    return environment;
  };
  const program = (name: string): PythonProgram => ({
    root,
    program: join(checkout, "scripts/validate", name),
    lock: join(locks, LOCK),
    python: async () => (await python()).python,
  });
  return {
    workflows: {
      check: async (files) => {
        const zizmor = async (): Promise<string> => join((await python()).bin, "zizmor");
        const checkers = await connectCheckers(root, toolsDir, zizmor);
        return (await Promise.all(checkers.map((checker) => checker.check(files)))).flat();
      },
    },
    loader: pipelineLoader(program("load_pipelines.py")),
    analyzer: sparkAnalyzer({ ...program("analyze_marts.py"), javaHome: () => findJavaHome(checkout) }),
  };
}

// What follows is loaded when it is needed: where nothing changed, it is not.

async function connectCheckers(
  root: string,
  toolsDir: string,
  program: () => Promise<string>,
): Promise<WorkflowChecker[]> {
  const [{ actionlint }, { zizmor }] = await Promise.all([import("./actionlint.ts"), import("./zizmor.ts")]);
  return [actionlint(root, toolsDir), zizmor(root, program)];
}

async function prepare(locks: string, checkout: string): Promise<PythonEnvironment> {
  const { preparePython } = await import("./python-environment.ts");
  const { python } = await readVersions(checkout);
  return preparePython({ locks, oldest: python });
}

async function findJavaHome(checkout: string): Promise<string> {
  const [{ findJava }, { javaVersions }] = await Promise.all([
    import("./java.ts"),
    import("../domain/java-versions.ts"),
  ]);
  const { spark, java } = await readVersions(checkout);
  return (await findJava(javaVersions(spark, java))).home;
}

async function readVersions(checkout: string): Promise<Versions["of"]> {
  const { parseVersions, VERSIONS_FILE } = await import("../domain/versions.ts");
  return parseVersions(await readFile(join(checkout, VERSIONS_FILE))).of;
}
