import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipelineLoader } from "../../actions/lib/adapters/pipeline-loader.ts";
import { toolsFolder } from "../../actions/lib/adapters/places.ts";
import type { PipelineLoader } from "../../actions/lib/ports/pipeline-loader.ts";
import type { WorkflowChecker } from "../../actions/lib/ports/workflow-checker.ts";
import type { PythonEnvironment } from "../setup/python.ts";
import { repositoryRoot, runtimeDir } from "../setup/repository.ts";

const LOCK = "requirements.lock";

/**
 * Connects what checks beyond files and manifests: actionlint, and the programs of the Python that the lock describes,
 * which is set up the first time that one of them is needed.
 *
 * @param root absolute path of the repository that is validated
 */
export function connectPrograms(root: string): { workflows: WorkflowChecker; loader: PipelineLoader } {
  // A repository's pipelines run on its own lock; one that brings none is checked with this one's tools.
  const own = join(root, "pipelines/runtime");
  const locks = existsSync(join(own, LOCK)) ? own : runtimeDir;
  let environment: Promise<PythonEnvironment> | undefined;
  const python = (): Promise<PythonEnvironment> => {
    environment ??= prepare(locks);
    return environment;
  };
  return {
    workflows: {
      check: async (files) => {
        const checkers = await connectCheckers(root, async () => join((await python()).bin, "zizmor"));
        return (await Promise.all(checkers.map((checker) => checker.check(files)))).flat();
      },
    },
    loader: pipelineLoader({
      root,
      program: join(import.meta.dirname, "load_pipelines.py"),
      lock: join(locks, LOCK),
      python: async () => (await python()).python,
    }),
  };
}

// What follows is loaded when it is needed: where nothing changed, it is not.

async function connectCheckers(root: string, program: () => Promise<string>): Promise<WorkflowChecker[]> {
  const [{ actionlint }, { zizmor }] = await Promise.all([
    import("../../actions/lib/adapters/actionlint.ts"),
    import("../../actions/lib/adapters/zizmor.ts"),
  ]);
  return [actionlint(root, toolsFolder()), zizmor(root, program)];
}

async function prepare(locks: string): Promise<PythonEnvironment> {
  const [{ preparePython }, { parseVersions, VERSIONS_FILE }] = await Promise.all([
    import("../setup/python.ts"),
    import("../../actions/lib/domain/versions.ts"),
  ]);
  const { of } = parseVersions(await readFile(join(repositoryRoot, VERSIONS_FILE)));
  return preparePython({ locks, oldest: of.python });
}
