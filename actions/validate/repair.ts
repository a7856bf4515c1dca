import { dialectOf } from "../lib/domain/check-mart-sql.ts";
import type { Finding } from "../lib/domain/finding.ts";
import { formatImageReference } from "../lib/domain/image-reference.ts";
import { readImageEntries } from "../lib/domain/overlay-images.ts";
import { parseYaml } from "../lib/domain/parse-yaml.ts";
import type { Spec } from "../lib/domain/pipeline-type.ts";
import { pipelineOf, planRepairs, undigested } from "../lib/domain/plan-repairs.ts";
import { tablesOfSql } from "../lib/domain/sql-tables.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { ImageRegistry } from "../lib/ports/image-registry.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { Workspace } from "../lib/ports/workspace.ts";

/** What repairing works through. */
export interface RepairPorts {
  workspace: Workspace;
  logger: Logger;
  /** Knows digests that the repository does not; without it, only what another overlay pins is known. */
  registry?: Pick<ImageRegistry, "digest">;
}

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Mends what the findings say can be mended without a person.
 *
 * @param findings of a validation
 * @param ports the repository, and the registry
 * @returns the paths that were written; empty where nothing more can be mended
 */
export async function repair(findings: readonly Finding[], ports: RepairPorts): Promise<string[]> {
  const own = findings.filter((finding) => finding.repair !== undefined);
  if (own.length === 0) return [];
  const paths = own.map(({ repair: how, file }) => (how === "order" ? pipelineOf(file) : file));
  const files = new Map<string, string>();
  const marked = new Set<string>();
  for (const path of new Set(paths)) {
    const text = await readText(path, ports.workspace);
    if (text?.startsWith(BYTE_ORDER_MARK)) marked.add(path);
    if (text !== undefined) files.set(path, text.slice(marked.has(path) ? 1 : 0));
  }
  const reads = new Map<string, Map<string, string[]>>();
  for (const { repair: how, file } of own) {
    const pipeline = pipelineOf(file);
    if (how === "order") reads.set(pipeline, await martReads(pipeline, files.get(pipeline), ports.workspace));
  }
  const edits = planRepairs(own, {
    files,
    digests: await findDigests(undigested(own, files), ports),
    martsRead: (pipeline, mart) => reads.get(pipeline)?.get(mart) ?? [],
  });
  if (edits.size === 0) return [];
  await ports.workspace.apply(
    new Map([...edits].map(([path, text]) => [path, marked.has(path) ? BYTE_ORDER_MARK + text : text])),
  );
  return [...edits.keys()];
}

async function readText(path: string, workspace: Workspace): Promise<string | undefined> {
  if (!(await workspace.exists(path))) return undefined;
  try {
    const bytes = await workspace.read(path);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // What is no text cannot be mended; the findings say so.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** @returns by mart, the marts of the pipeline that its query reads */
async function martReads(
  file: string,
  text: string | undefined,
  workspace: Workspace,
): Promise<Map<string, string[]>> {
  const { spec } = (parseYaml(text ?? "", file).document?.value ?? {}) as { spec?: Spec };
  const reads = new Map<string, string[]>();
  if (spec === undefined) return reads;
  for (const { name, sql } of spec.marts ?? []) {
    const query = sql && (await readText(`${file.slice(0, file.lastIndexOf("/"))}/${sql}`, workspace));
    const tables = query ? tablesOfSql(query, dialectOf(spec)).tables : [];
    const gold = tables.map(({ parts }) => parts.slice(-2).map((part) => part.toLowerCase()));
    reads.set(
      name,
      gold.flatMap(([layer, table]) => (layer === "gold" && table !== undefined ? [table] : [])),
    );
  }
  return reads;
}

/** What another overlay pins is known; a registry is asked for the rest. */
async function findDigests(
  references: readonly string[],
  { workspace, logger, registry }: RepairPorts,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (references.length === 0) return found;
  const known = await pinnedDigests(workspace);
  for (const reference of new Set(references)) {
    const digest = known.get(reference) ?? (await ask(reference, registry, logger));
    if (digest !== undefined) found.set(reference, digest);
  }
  return found;
}

async function pinnedDigests(workspace: Workspace): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const { path, symlink } of await workspace.list("overlays")) {
    if (symlink || !/\/kustomization\.ya?ml$/.test(path)) continue;
    const text = await readText(path, workspace);
    for (const { name, newName, newTag, digest } of text === undefined ? [] : readImageEntries(path, text)) {
      if (newTag === undefined || digest === undefined) continue;
      const reference = formatImageReference({
        repository: newName ?? name,
        tag: newTag,
        digest: undefined,
      });
      digests.set(reference, digest);
    }
  }
  return digests;
}

async function ask(
  reference: string,
  registry: RepairPorts["registry"],
  logger: Logger,
): Promise<string | undefined> {
  try {
    return await registry?.digest(reference);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    logger.warning(`the digest of ${reference} is not known: ${error.message}`);
    return undefined;
  }
}
