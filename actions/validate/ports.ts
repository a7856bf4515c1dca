import type { ChangedLines } from "../lib/ports/changed-lines.ts";
import type { ImageRegistry } from "../lib/ports/image-registry.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import type { ManifestValidator } from "../lib/ports/manifest-validator.ts";
import type { Memory } from "../lib/ports/memory.ts";
import type { PipelineLoader } from "../lib/ports/pipeline-loader.ts";
import type { ReportFiles } from "../lib/ports/report-files.ts";
import type { SqlAnalyzer } from "../lib/ports/sql-analyzer.ts";
import type { WorkflowChecker } from "../lib/ports/workflow-checker.ts";
import type { Workspace } from "../lib/ports/workspace.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  renderer: ManifestRenderer;
  validator: ManifestValidator;
  logger: Logger;
  /** Loads the pipelines in Airflow; without it none is. */
  loader?: PipelineLoader;
  /** Analyzes the marts' queries; without it only their text is read. */
  analyzer?: SqlAnalyzer;
  /** Checks workflows; without it none is. */
  workflows?: WorkflowChecker;
  /** What earlier runs worked out. */
  memory?: Memory;
  /** What the change touches; without it all findings are told alike. */
  changes?: ChangedLines;
  /** Where the whole list goes. */
  reports?: ReportFiles;
  /** Knows the digests of images; asked only to mend. */
  registry?: Pick<ImageRegistry, "digest">;
}
