import type { PipelineTree } from "../lib/domain/check-pipeline.ts";
import { checkSize, decodeText } from "../lib/domain/decode-text.ts";
import { nearest } from "../lib/domain/did-you-mean.ts";
import type { Finding } from "../lib/domain/finding.ts";
import { type PipelineFile, readPipeline } from "../lib/domain/pipeline-file.ts";
import type { Pipeline } from "../lib/domain/pipeline-type.ts";
import type { YamlPositions } from "../lib/domain/yaml-positions.ts";
import type { FileEntry, Workspace } from "../lib/ports/workspace.ts";
import type { Recall } from "./recall.ts";

/** What is validated, as far as it could be read. */
export interface Repository {
  /** Every file below `pipelines/`. */
  entries: readonly FileEntry[];
  /** Every file there is. */
  all: readonly FileEntry[];
  /** The pipelines that are valid by themselves, each in the folder of its name. */
  pipelines: PipelineFile[];
  /** Whether that is all of them. */
  complete: boolean;
  pipelineTree: PipelineTree;
  /** Why some of it could not be read, and what the schema does not allow. */
  findings: Finding[];
}

/**
 * Reads the repository. One file that cannot be read keeps no other from being read.
 *
 * @param workspace the repository's files
 * @param recall what is known from earlier
 * @returns what was read, and what is wrong with the rest
 */
export async function readRepository(workspace: Workspace, recall?: Recall): Promise<Repository> {
  const listed = await workspace.list("");
  const entries = listed.filter(({ path }) => path.startsWith("pipelines/"));
  const findings = entries.flatMap(checkName);
  const pipelines: PipelineFile[] = [];
  const files = entries.filter(({ path }) => PIPELINE.test(path));
  for (const entry of files) {
    const refused = refuse(entry);
    const read = refused
      ? { findings: [refused] }
      : recallPipeline(entry.path, await workspace.read(entry.path), recall);
    findings.push(...read.findings);
    if ("pipeline" in read && read.pipeline !== undefined) pipelines.push(read.pipeline);
  }
  const sql = await readTexts(
    workspace,
    entries.filter(({ path }) => path.endsWith(".sql")),
  );
  return {
    entries,
    all: listed,
    pipelines,
    complete: pipelines.length === files.length,
    pipelineTree: { paths: new Set(entries.map(({ path }) => path)), sql: sql.texts },
    findings: [...findings, ...sql.findings],
  };
}

/** @returns whether a file is rendered, or says what is rendered */
export function isManifest(path: string): boolean {
  return /^(?:apps|manifests|overlays)\//.test(path);
}

/**
 * Reads the YAML files of `apps/`, `manifests/` and `overlays/`.
 *
 * @param workspace the repository's files
 * @param all which there are
 * @returns their texts by path, and why some could not be read
 */
export async function readManifests(
  workspace: Workspace,
  all: readonly FileEntry[],
): Promise<{ tree: Map<string, string>; findings: Finding[] }> {
  const manifests = all.filter(({ path, symlink }) => isManifest(path) && (symlink || /\.ya?ml$/.test(path)));
  const { texts, findings } = await readTexts(workspace, manifests);
  return { tree: texts, findings };
}

/** A pipeline that was valid by itself is parsed again only where someone asks for a line of it. */
function recallPipeline(
  file: string,
  content: Uint8Array,
  recall: Recall | undefined,
): ReturnType<typeof readPipeline> {
  const id = recall?.ids.get(file);
  const kept = recall?.memory.get("pipeline", file) as { id: string; pipeline: Pipeline } | undefined;
  if (kept === undefined || kept.id !== id) {
    const read = readPipeline(file, content);
    if (read.pipeline !== undefined && read.findings.length === 0)
      recall?.memory.set("pipeline", file, { id, pipeline: read.pipeline.pipeline });
    return read;
  }
  let positions: YamlPositions | undefined;
  const pipeline: PipelineFile = {
    file,
    folder: file.slice(0, file.lastIndexOf("/")),
    pipeline: kept.pipeline,
    get positions() {
      positions ??= readPipeline(file, content).pipeline?.positions;
      if (positions === undefined) throw new Error(`${file} was valid and is not any more`);
      return positions;
    },
  };
  return { findings: [], pipeline };
}

const PIPELINE = /^pipelines\/[^/]+\/pipeline\.yaml$/;

async function readTexts(
  workspace: Workspace,
  entries: readonly FileEntry[],
): Promise<{ texts: Map<string, string>; findings: Finding[] }> {
  const texts = new Map<string, string>();
  const findings: Finding[] = [];
  for (const entry of entries) {
    const { path } = entry;
    const refused = refuse(entry);
    const decoded = refused ? { finding: refused } : decodeText(path, await workspace.read(path));
    if ("text" in decoded) texts.set(path, decoded.text);
    else findings.push(decoded.finding);
  }
  return { texts, findings };
}

/** What is not even opened: a file of many megabytes, and a link, which may lead anywhere. */
function refuse({ path, bytes, symlink }: FileEntry): Finding | undefined {
  if (!symlink) return checkSize(path, bytes);
  return {
    rule: "file/symlink",
    severity: "error",
    file: path,
    line: 1,
    column: 1,
    message: "a symbolic link is not followed",
    expected: "a file",
    fix: "put the file itself here",
  };
}

/** A pipeline's file under a name that nothing reads would be left out without a word. */
function checkName({ path }: FileEntry): Finding[] {
  const [, folder, name = ""] = /^pipelines\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (folder === undefined || folder === "runtime" || name === "pipeline.yaml") return [];
  if (nearest(name.replace(/\.[^.]*$/, ""), ["pipeline"]) === undefined || !/\.(ya?ml|json)$/i.test(name))
    return [];
  return [
    {
      rule: "pipeline/file-name",
      severity: "error",
      file: path,
      line: 1,
      column: 1,
      message: `a pipeline's file is not called \`${name}\`, so this one is not read`,
      expected: "`pipeline.yaml`",
      fix: `git mv ${path} pipelines/${folder}/pipeline.yaml`,
    },
  ];
}
