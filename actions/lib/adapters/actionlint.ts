import type { Finding } from "../domain/finding.ts";
import type { WorkflowChecker } from "../ports/workflow-checker.ts";
import { checkerReport } from "./checker-report.ts";
import { goTool } from "./go-tools.ts";

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
      const said = await checkerReport<Said>(
        "actionlint",
        { file, args: [...options, ...files], cwd: root },
        1,
      );
      return said.map(({ message, filepath, line, column, kind }): Finding => {
        const fix = `see actionlint's check \`${kind}\``;
        return { rule: "workflow/actionlint", severity: "error", file: filepath, line, column, message, fix };
      });
    },
  };
}
