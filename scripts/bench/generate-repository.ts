import { readPipeline } from "../../actions/lib/domain/pipeline-file.ts";
import { planGenerated } from "../../actions/lib/domain/plan-generated.ts";
import { parseVersions, VERSIONS_FILE } from "../../actions/lib/domain/versions.ts";
import { templateFiles } from "../../actions/lib/testing/template-files.ts";
import { writeFiles } from "../../actions/lib/testing/write-files.ts";

/** The pipeline that all of them are copies of. */
const ORIGINAL = "pipelines/breweries/";
/** The template's own pipelines, and what is generated of them: every copy's is made anew. */
const REPLACED =
  /^(apps\/pipelines|manifests\/processing\/pipelines|overlays\/[^/]+\/processing\/pipelines)\/|^pipelines\/(?!runtime\/)[^/]+\//;

/**
 * Writes a valid repository: this one's platform and environment `local`, and copies of the breweries pipeline, each
 * under a name of its own. The same number gives the same bytes.
 *
 * @param folder where to write it
 * @param pipelines how many
 */
export async function generateRepository(folder: string, pipelines: number): Promise<void> {
  const template = Object.entries(await templateFiles());
  const decoder = new TextDecoder();
  const original = template
    .filter(([path]) => path.startsWith(ORIGINAL))
    .map(([path, content]) => [path.slice(ORIGINAL.length), decoder.decode(content)] as const);
  const platform = template.filter(
    ([path]) => !path.startsWith("overlays/minikube/") && !REPLACED.test(path),
  );
  const files = new Map(platform.map(([path, content]) => [path, decoder.decode(content)]));
  const shapes = [];
  for (const name of pipelineNames(pipelines)) {
    for (const [path, text] of original) {
      files.set(`pipelines/${name}/${named(path, name)}`, named(text, name));
    }
    const file = `pipelines/${name}/pipeline.yaml`;
    const { pipeline, findings } = readPipeline(file, files.get(file) ?? "");
    if (pipeline === undefined) throw new Error(`${file} is not valid: ${JSON.stringify(findings)}`);
    shapes.push(pipeline.pipeline);
  }
  const { of: versions } = parseVersions(files.get(VERSIONS_FILE) ?? "");
  for (const [path, text] of planGenerated({ tree: files, pipelines: shapes, versions })) {
    if (text === null) files.delete(path);
    else files.set(path, text);
  }
  await writeFiles(folder, Object.fromEntries(files));
}

/** `p0001` and so on. */
export function pipelineNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${String(index + 1).padStart(4, "0")}`);
}

/** The original's text with its tables, marts, images and own name renamed; where the data comes from stays. */
function named(text: string, name: string): string {
  return text
    .replaceAll(/(?<![/.])\bbreweries(?!_with|\b(?=["`]))/g, name)
    .replaceAll(/silver\.breweries/g, `silver.${name}`);
}
