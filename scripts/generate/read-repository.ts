import { decodeText } from "../../actions/lib/domain/decode-text.ts";
import type { Finding } from "../../actions/lib/domain/finding.ts";
import { type PipelineFile, readPipeline } from "../../actions/lib/domain/pipeline-file.ts";
import type { GenerateInput } from "../../actions/lib/domain/plan-generated.ts";
import { readTemplateVersions, VERSIONS_FILE } from "../../actions/lib/domain/template-versions.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { Workspace } from "../../actions/lib/ports/workspace.ts";

/** Folders whose files are rendered or generated. */
const FOLDERS = ["apps", "manifests", "overlays"];

/**
 * Reads what decides the generated files.
 *
 * @param workspace the repository
 * @returns its YAML files, its pipelines and its versions
 * @throws UserError when a pipeline is not valid: nothing is generated from half of them
 */
export async function readRepository(workspace: Workspace): Promise<GenerateInput> {
  const findings: Finding[] = [];
  const tree = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const { path } of await workspace.list(folder)) {
      if (!/\.ya?ml$/.test(path)) continue;
      const decoded = decodeText(path, await workspace.read(path));
      if ("text" in decoded) tree.set(path, decoded.text);
      else findings.push(decoded.finding);
    }
  }
  const pipelines = [];
  for (const { path } of await workspace.list("pipelines")) {
    if (!/^pipelines\/[^/]+\/pipeline\.yaml$/.test(path)) continue;
    const read = readPipeline(path, await workspace.read(path));
    findings.push(...read.findings);
    if (read.pipeline === undefined) continue;
    findings.push(...checkFolder(read.pipeline));
    pipelines.push(read.pipeline.pipeline);
  }
  if (findings.length > 0) throw new UserError(findings);
  return { tree, pipelines, versions: readTemplateVersions(await workspace.read(VERSIONS_FILE)) };
}

/** Generated paths follow from the name, images' contents from the folder. */
function checkFolder({ file, folder, pipeline, positions }: PipelineFile): Finding[] {
  const { name } = pipeline.metadata;
  if (folder === `pipelines/${name}`) return [];
  return [
    {
      rule: "pipeline/name",
      severity: "error",
      file,
      ...positions.value("/metadata/name"),
      message: `the pipeline is called \`${name}\``,
      expected: `\`${folder.split("/").at(-1)}\`, the name of its folder`,
    },
  ];
}
