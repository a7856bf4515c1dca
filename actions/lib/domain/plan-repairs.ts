import { parseAllDocuments, type Scalar, visit } from "yaml";
import { addDigest, applySplices, type Splice, whyNotEditable } from "./bump-entry.ts";
import type { Finding } from "./finding.ts";
import { formatImageReference } from "./image-reference.ts";
import { readImageEntries, scalarOf } from "./kustomization-images.ts";
import { LineIndex, type Position } from "./line-index.ts";
import { orderMarts } from "./order-marts.ts";
import { quoteOf } from "./quote-scalar.ts";

/** What repairing needs to know besides the findings. */
export interface RepairInput {
  /** Text of the files that findings are in, and of the pipelines whose marts are to be put in order. */
  files: ReadonlyMap<string, string>;
  /** Digests by reference, `registry/name:tag`. */
  digests: ReadonlyMap<string, string>;
  /** The marts of a pipeline that one of its marts reads. */
  martsRead: (pipelineFile: string, mart: string) => readonly string[];
}

/**
 * Plans the edits that mend what needs no decision. Nothing else in a file changes, not a comment and not a space.
 *
 * @param findings those that say how they can be mended are looked at
 * @param input the files
 * @returns new text by path; what could not be mended safely is not in it
 */
export function planRepairs(findings: readonly Finding[], input: RepairInput): Map<string, string> {
  const edits = new Map<string, string>();
  const files = Map.groupBy(findings, (finding) =>
    finding.repair === "order" ? pipelineOf(finding.file) : finding.file,
  );
  for (const [file, own] of files) {
    const text = input.files.get(file);
    if (text === undefined) continue;
    const lines = new LineIndex(text);
    const splices = distinct([
      ...quoteSplices(text, lines, own),
      ...digestSplices(text, lines, own, input.digests),
    ]);
    const spliced = applySplices(text, splices);
    const isToOrder = own.some(({ repair }) => repair === "order");
    const ordered = isToOrder ? orderMarts(spliced, (mart) => input.martsRead(file, mart)) : undefined;
    const after = ordered ?? spliced;
    if (after !== text && isSound(after)) edits.set(file, after);
  }
  return edits;
}

/**
 * @param file of a pipeline
 * @returns path of the pipeline's own file
 */
export function pipelineOf(file: string): string {
  return `${file.split("/").slice(0, 2).join("/")}/pipeline.yaml`;
}

/**
 * Finds the images whose digest is asked for.
 *
 * @param findings with the repair `digest`
 * @param files text of the files that they are in
 * @returns references with a tag
 */
export function undigested(findings: readonly Finding[], files: ReadonlyMap<string, string>): string[] {
  return findings
    .filter(({ repair }) => repair === "digest")
    .flatMap(({ file }) => {
      const text = files.get(file) ?? "";
      return readImageEntries(text).entries.flatMap((entry) => taggedOnly(entry) ?? []);
    });
}

type Entry = ReturnType<typeof readImageEntries>["entries"][number];

/** @returns what an entry without a digest names; `undefined` for one that has a digest, or no tag */
function taggedOnly(entry: Entry): string | undefined {
  const [newName, newTag, digest] = ["newName", "newTag", "digest"].map((key) => scalarOf(entry.node, key));
  if (digest?.value || newTag === undefined) return undefined;
  const repository = String(newName?.value ?? entry.name);
  // `1.10` is a number to YAML; as it is written is how it was meant.
  const tag = newTag.source ?? String(newTag.value);
  return formatImageReference({ repository, tag, digest: undefined });
}

function digestSplices(
  text: string,
  lines: LineIndex,
  findings: readonly Finding[],
  digests: ReadonlyMap<string, string>,
): Splice[] {
  const wanted = findings.filter(({ repair }) => repair === "digest");
  if (wanted.length === 0) return [];
  return readImageEntries(text).entries.flatMap((entry) => {
    const digest = digests.get(taggedOnly(entry) ?? "");
    const places = entry.node.items.map(({ value }) => lines.at(startOf(value)));
    const isWanted = wanted.some((finding) => places.some((place) => isAt(place, finding)));
    if (digest === undefined || !isWanted || whyNotEditable(entry)) return [];
    return addDigest(text, entry, digest);
  });
}

function quoteSplices(text: string, lines: LineIndex, findings: readonly Finding[]): Splice[] {
  const wanted = findings.filter(({ repair }) => repair === "quote" || repair === "unquote");
  if (wanted.length === 0) return [];
  const splices: Splice[] = [];
  for (const document of parseAllDocuments(text, { prettyErrors: false })) {
    if (document.errors.length > 0) return [];
    visit(document, {
      Scalar: (key, scalar) => {
        const place = lines.at(startOf(scalar));
        const finding = wanted.find((one) => isAt(place, one));
        const splice = finding && key !== "key" ? requoted(text, scalar, finding.repair) : undefined;
        if (splice !== undefined) splices.push(splice);
      },
    });
  }
  return splices;
}

/** @returns `undefined` for what others may name by its anchor, and for what would be another value */
function requoted(text: string, scalar: Scalar, repair: Finding["repair"]): Splice | undefined {
  const [from, to] = scalar.range ?? [0, 0];
  const isPlain = quoteOf(scalar.type) === "plain" && scalar.type === "PLAIN";
  if (scalar.anchor !== undefined || scalar.tag !== undefined || from === to) return undefined;
  if (repair === "quote") return isPlain ? { from, to, text: `"${text.slice(from, to)}"` } : undefined;
  const content = String(scalar.value);
  const isBare = /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|true|false)$/.test(content);
  const isQuoted = scalar.type === "QUOTE_DOUBLE" || scalar.type === "QUOTE_SINGLE";
  return isQuoted && isBare ? { from, to, text: content } : undefined;
}

function startOf(node: unknown): number {
  const { range } = (node ?? {}) as { range?: readonly number[] };
  return range?.[0] ?? -1;
}

function isAt(place: Position, finding: Finding): boolean {
  return place.line === finding.line && place.column === finding.column;
}

/** Two environments tell of one place twice. */
function distinct(splices: readonly Splice[]): Splice[] {
  return [
    ...new Map(splices.map((splice) => [`${splice.from} ${splice.to} ${splice.text}`, splice])).values(),
  ];
}

function isSound(text: string): boolean {
  return parseAllDocuments(text, { prettyErrors: false }).every(({ errors }) => errors.length === 0);
}
