import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { actionlint } from "../../actions/lib/adapters/actionlint.ts";
import { pipelineLoader } from "../../actions/lib/adapters/pipeline-loader.ts";
import { toolsFolder } from "../../actions/lib/adapters/places.ts";
import { zizmor } from "../../actions/lib/adapters/zizmor.ts";
import { parseVersions, VERSIONS_FILE } from "../../actions/lib/domain/versions.ts";
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
  const checkers = [
    actionlint(root, toolsFolder()),
    zizmor(root, async () => join((await python()).bin, "zizmor")),
  ];
  return {
    workflows: {
      check: async (files) => (await Promise.all(checkers.map((checker) => checker.check(files)))).flat(),
    },
    loader: pipelineLoader({
      root,
      program: join(import.meta.dirname, "load_pipelines.py"),
      lock: join(locks, LOCK),
      python: async () => (await python()).python,
    }),
  };
}

/** Loaded when it is needed: where nothing changed, it is not. */
async function prepare(locks: string): Promise<PythonEnvironment> {
  const { preparePython } = await import("../setup/python.ts");
  const { of } = parseVersions(await readFile(join(repositoryRoot, VERSIONS_FILE)));
  return preparePython({ locks, oldest: of.python });
}
