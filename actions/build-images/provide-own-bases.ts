import type { Finding } from "../lib/domain/finding.ts";
import { type ImageContents, inspectContents, type SourceFile } from "../lib/domain/plan-images.ts";
import { settleInParallel } from "../lib/domain/settle-in-parallel.ts";
import { throwFailures } from "../lib/domain/throw-failures.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { type Base, baseOf } from "./describe-images.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { provide } from "./provide-bases.ts";

const AT_ONCE = 2;

/** What pipelines with a Dockerfile of their own stand on. */
export interface OwnBases {
  /** By pipeline. */
  bases: ReadonlyMap<string, Base>;
  /** The images that a dry run would have built. */
  missing: ReadonlySet<string>;
}

/** What the image of a pipeline's own Dockerfile is called. */
export function imageOfOwn(pipeline: string): string {
  return `${pipeline}-base`;
}

/**
 * Makes sure of the images of pipelines that have a Dockerfile, `pipelines/<name>/image/Dockerfile`: for packages of
 * the system that a layer of files cannot bring. Each stands on `base`, and the pipeline's images on it.
 *
 * @param base what the other pipelines stand on
 * @throws UserError at the Dockerfile when it stands on something else, or when there is no base; at a file beside it
 *   that no image takes
 */
export async function provideOwnBases(
  pipelines: readonly string[],
  tree: readonly SourceFile[],
  base: Base | undefined,
  inputs: Inputs,
  ports: Ports,
): Promise<OwnBases> {
  const all = new Set(tree.map(({ path }) => path));
  const wanted = pipelines.filter((name) => all.has(dockerfileOf(name)));
  // Before any of it is read: a link would bring what it points at, a large file all that there is of memory.
  const refused = wanted.flatMap((name) => inspectContents(contextOf(name, tree)));
  if (refused.length > 0) throw new UserError(refused);
  const findings = (
    await Promise.all(wanted.map((name) => inspect(dockerfileOf(name), base, ports.workspace)))
  ).flat();
  if (findings.length > 0) throw new UserError(findings);
  const outcomes = await settleInParallel(AT_ONCE, wanted, async (pipeline) => {
    const sources = [...contextOf(pipeline, tree).files.values()].map(({ path }) => path).sort();
    const image = await ports.bases.own(imageOfOwn(pipeline), sources, base?.reference ?? "");
    return { pipeline, image: await provide(image, inputs, ports) };
  });
  const provided = throwFailures(outcomes);
  const bases = provided.flatMap(({ image: { digest, reference }, pipeline }) =>
    digest === undefined ? [] : [[pipeline, baseOf(reference, digest, base?.libraries ?? [])] as const],
  );
  const missing = provided.flatMap(({ image: { digest, name } }) => (digest === undefined ? [name] : []));
  return { bases: new Map(bases), missing: new Set(missing) };
}

function dockerfileOf(pipeline: string): string {
  return `pipelines/${pipeline}/image/Dockerfile`;
}

/** What lies beside the Dockerfile. */
function contextOf(pipeline: string, tree: readonly SourceFile[]): ImageContents {
  const folder = dockerfileOf(pipeline).replace(/Dockerfile$/, "");
  const beside = tree.filter(({ path }) => path.startsWith(folder));
  const files = new Map(beside.map((file) => [file.path.slice(folder.length), file]));
  return { name: imageOfOwn(pipeline), files };
}

async function inspect(file: string, base: Base | undefined, workspace: Workspace): Promise<Finding[]> {
  const lines = new TextDecoder().decode(await workspace.read(file)).split("\n");
  const at = (line: number, message: string, fix: string): Finding[] => [
    { rule: "image/dockerfile", severity: "error", file, line, column: 1, message, fix },
  ];
  if (base === undefined) {
    return at(
      1,
      "there is no image that this one could stand on",
      "name one as `base-image`, or build them with `bases: true`",
    );
  }
  const last = lines.findLastIndex((line) => /^FROM\s/i.test(line));
  if (/^FROM\s+(--platform=\S+\s+)?\$\{?BASE_IMAGE\}?(\s|$)/i.test(lines[last] ?? "")) return [];
  return at(
    last === -1 ? 1 : last + 1,
    `the image must stand on the one with Spark; ${last === -1 ? "there is no FROM" : `found \`${(lines[last] ?? "").trim()}\``}`,
    "begin with `ARG BASE_IMAGE`, and the last stage with `FROM $BASE_IMAGE`",
  );
}
