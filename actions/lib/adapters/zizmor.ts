import type { Finding } from "../domain/finding.ts";
import type { WorkflowChecker } from "../ports/workflow-checker.ts";
import { checkerReport } from "./checker-report.ts";

/** What zizmor says, as far as it is told on. */
interface Said {
  ident: string;
  desc: string;
  url: string;
  ignored: boolean;
  locations: {
    symbolic: { key: { Local?: { verbatim_path: string } }; annotation: string; kind: string };
    concrete: { location: { start_point: { row: number; column: number } } };
  }[];
}

/**
 * Checks the security of workflows and actions with zizmor, at its strictest and without the network. What it is to
 * ignore stands in `.github/zizmor.yml`, or beside what is ignored.
 *
 * @param root absolute path of the repository
 * @param program gives the program's path; asked when something is to be checked
 */
export function zizmor(root: string, program: () => Promise<string>): WorkflowChecker {
  return {
    async check(files) {
      if (files.length === 0) return [];
      const options = ["--offline", "--no-progress", "--quiet", "--no-exit-codes"];
      const args = [...options, "--persona=pedantic", "--format=json", "--", ...files];
      const said = await checkerReport<Said>("zizmor", { file: await program(), args, cwd: root });
      return said.filter(({ ignored }) => !ignored).map(findingOf);
    },
  };
}

function findingOf({ ident, desc, url, locations }: Said): Finding {
  const primary = locations.find(({ symbolic }) => symbolic.kind === "Primary") ?? locations[0];
  const { row, column } = primary?.concrete.location.start_point ?? { row: 0, column: 0 };
  const what = primary?.symbolic.annotation;
  return {
    rule: "workflow/zizmor",
    severity: "error",
    file: primary?.symbolic.key.Local?.verbatim_path ?? ".github",
    line: row + 1,
    column: column + 1,
    message: `${desc}${what === undefined || what === desc ? "" : `: ${what}`} (${ident})`,
    fix: `see ${url}`,
  };
}
