import { endGroup, error, notice, setOutput, startGroup, summary, warning } from "@actions/core";
import type { Finding } from "../domain/finding.ts";
import type { Logger } from "../ports/logger.ts";

/** What a step can tell GitHub's runner. */
export interface Runner {
  /** A line of the step's log. */
  log(text: string): void;
  /** A note at a line of a file. */
  annotate(finding: Finding): void;
  /** An error that belongs to no file. */
  fail(message: string): void;
  output(name: string, value: string): void;
  summary(markdown: string): Promise<void>;
}

/** The runner cuts a longer message off (`_maxIssueMessageLength` in actions/runner). */
const messageLimit = 4096;

/** @returns GitHub's runner, spoken to through its log and its files */
export function actionsRunner(): Runner {
  return {
    log: (text) => write(text),
    annotate: (finding) => {
      const say = { error, warning, notice }[finding.severity];
      say(cut(explain(finding)), {
        title: finding.rule,
        file: finding.file,
        startLine: finding.line,
        startColumn: finding.column,
      });
    },
    fail: (message) => error(cut(message)),
    output: (name, value) => setOutput(name, value),
    summary: async (markdown) => {
      // Set by every runner, but not by a shell that tries a bundle out.
      if (process.env.GITHUB_STEP_SUMMARY) await summary.addRaw(markdown).write();
    },
  };
}

/** @returns a logger that writes to the step's log, in groups that fold */
export function actionsLogger(): Logger {
  return {
    info: (message) => write(message),
    warning: (message) => warning(cut(message)),
    group: async (name, work) => {
      startGroup(name);
      const start = performance.now();
      try {
        return await work();
      } finally {
        const seconds = (performance.now() - start) / 1000;
        if (seconds > 2) write(`${name}: ${seconds.toFixed(1)} s`);
        endGroup();
      }
    },
  };
}

function explain(finding: Finding): string {
  const expected = finding.expected === undefined ? "" : `\nExpected: ${finding.expected}`;
  const fix = finding.fix === undefined ? "" : `\nTo do: ${finding.fix}`;
  return `${finding.message}${expected}${fix}`;
}

function cut(message: string): string {
  return message.length <= messageLimit ? message : `${message.slice(0, messageLimit - 1)}…`;
}

/**
 * Writes to the log what may come from a pull request: the runner takes a line that begins with `::`, and `##[`
 * anywhere, for a command, so such a line is quoted.
 */
function write(text: string): void {
  const lines = text.split(/\r\n|[\r\n]/).map((line) => {
    const quoted = line.replaceAll("##[", "## [");
    return quoted.trimStart().startsWith("::") ? `| ${quoted}` : quoted;
  });
  process.stdout.write(`${lines.join("\n")}\n`);
}
