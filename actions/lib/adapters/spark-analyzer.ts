import type { Finding } from "../domain/finding.ts";
import type { SqlAnalyzer } from "../ports/sql-analyzer.ts";
import { type PythonProgram, pythonKey, pythonProblems } from "./python-problems.ts";

/** Beside the program: what Spark runs on. */
export interface SparkAnalyzerOptions extends PythonProgram {
  /** Gives the folder of the Java; asked when something is to be analyzed. */
  javaHome: () => Promise<string>;
}

/**
 * Analyzes queries with the very Spark that runs them, on no data.
 *
 * @param options the program, `analyze_marts.py`, and where it finds the pipelines
 */
export function sparkAnalyzer(options: SparkAnalyzerOptions): SqlAnalyzer {
  return {
    key: () => pythonKey(options),
    async analyze(pipelines) {
      if (pipelines.length === 0) return [];
      const env = { JAVA_HOME: await options.javaHome() };
      const problems = await pythonProblems<"sql">(options, { pipelines }, env);
      const said = { rule: "pipeline/sql-analysis", severity: "error", fix: "change the query" } as const;
      return problems.map(({ file, line, column, message }): Finding => {
        return { ...said, file, line, column, message };
      });
    },
  };
}
