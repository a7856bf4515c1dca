import type { Finding } from "../domain/finding.ts";
import type { PipelineLoader } from "../ports/pipeline-loader.ts";
import { type PythonProgram, pythonKey, pythonProblems } from "./python-problems.ts";

const RULES = {
  syntax: { rule: "python/syntax", fix: "correct it" },
  import: {
    rule: "python/import",
    fix: "import what the image holds, and do nothing else when the module is imported",
  },
  dag: { rule: "pipeline/dag", fix: "change what the DAG builder cannot use" },
} as const;

/**
 * Loads pipelines with the repository's own runtime, in the Python that its lock describes.
 *
 * @param options the program, `load_pipelines.py`, and where it loads them
 */
export function pipelineLoader(options: PythonProgram): PipelineLoader {
  return {
    key: () => pythonKey(options),
    async load(pipelines) {
      if (pipelines.length === 0) return [];
      const problems = await pythonProblems<keyof typeof RULES>(options, { pipelines });
      return problems.map(({ kind, file, line, column, message }): Finding => {
        return { severity: "error", file, line, column, message, ...RULES[kind] };
      });
    },
  };
}
