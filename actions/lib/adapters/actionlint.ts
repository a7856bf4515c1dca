import type { Finding } from "../domain/finding.ts";
import { UserError } from "../domain/user-error.ts";
import type { WorkflowChecker } from "../ports/workflow-checker.ts";
import { goTool } from "./go-tools.ts";
import { ProcessError, runProcess } from "./process.ts";

/** What actionlint says of one place. */
interface Said {
  message: string;
  filepath: string;
  line: number;
  column: number;
  kind: string;
}

/**
 * Checks workflows with the pinned actionlint; shellcheck and pyflakes play no part, so that every machine says the same.
 *
 * @param root absolute path of the repository
 * @param toolsDir the pinned tools
 */
export function actionlint(root: string, toolsDir: string): WorkflowChecker {
  return {
    async check(all) {
      const files = all.filter((path) => path.startsWith(".github/workflows/"));
      if (files.length === 0) return [];
      const file = await goTool("actionlint", toolsDir);
      const options = ["-no-color", "-shellcheck=", "-pyflakes=", "-format", "{{json .}}"];
      const text = await run(file, [...options, ...files], root);
      return parse(text).map(({ message, filepath, line, column, kind }): Finding => {
        const fix = `see actionlint's check \`${kind}\``;
        return { rule: "workflow/actionlint", severity: "error", file: filepath, line, column, message, fix };
      });
    },
  };
}

/** It ends with 1 where it has found something. */
async function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await runProcess({ file, args, cwd })).stdout.toString("utf8");
  } catch (error) {
    if (error instanceof ProcessError && error.failure === "exit" && error.exitCode === 1)
      return error.stdout;
    if (error instanceof ProcessError) throw new UserError(error.message, { cause: error });
    throw error;
  }
}

/** Silence is no answer. */
function parse(text: string): Said[] {
  try {
    const said: unknown = JSON.parse(text);
    if (Array.isArray(said)) return said;
  } catch {
    // Told below.
  }
  throw new UserError(`actionlint wrote no report: ${JSON.stringify(text.slice(0, 200))}`);
}
