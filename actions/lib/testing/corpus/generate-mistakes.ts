import type { Mistake } from "./mistake.ts";

/** A sort of mistake that can be made wherever a line looks like that. */
interface Sort {
  rule: string;
  files: RegExp;
  /** Its first group is what is made wrong. */
  line: RegExp;
  /** What the group becomes; a slip of the hand by default. */
  becomes?: (text: string, random: Random) => string;
  /** How many of them. */
  count: number;
}

type Random = (below: number) => number;

const PIPELINES = /^pipelines\/(breweries|ecommerce|telecoms|course-telemetry)\/pipeline\.yaml$/;
const SQL = /^pipelines\/(breweries|ecommerce|telecoms)\/.*\.sql$/;
const WORKLOADS =
  /^manifests\/(database\/postgres\/stateful-set|deepstorage\/object-store\/stateful-set|orchestrator\/airflow\/(scheduler|triggerer|api-server|dag-processor|migration))\.yaml$/;
const BASES =
  /^manifests\/(database|deepstorage|orchestrator)\/.*(stateful-set|scheduler|triggerer|service|worker)\.yaml$/;
const GENERATED = /^manifests\/processing\/pipelines\/.*(silver|gold|quality)\.yaml$/;
const OVERLAYS = /^overlays\/local\/.*\/kustomization\.yaml$/;
const APPS = /^apps\/platform\/(postgres|object-store|airflow|spark-jobs)\.yaml$/;
const text = (to: string) => (): string => to;

const SORTS: readonly Sort[] = [
  // pipeline.yaml
  {
    rule: "pipeline/unknown-key",
    files: PIPELINES,
    line: /\b(description|contract|alerts|resources|partitionBy|severity|retry|timeoutSeconds|maxConnections|fetchSize|grain|case):/,
    count: 14,
  },
  { rule: "pipeline/unknown-column", files: PIPELINES, line: /^ {6}(?:keys|history): \[(\w{5,})/, count: 5 },
  { rule: "pipeline/unknown-column", files: PIPELINES, line: /\bcursor: (\w+)/, count: 4 },
  {
    rule: "pipeline/bad-format",
    files: PIPELINES,
    line: /^ {8}\w+: (string|timestamp|bigint|double)$/,
    count: 6,
  },
  { rule: "pipeline/unknown-source", files: PIPELINES, line: /^ {6}source: (\w+)/, count: 4 },
  { rule: "pipeline/not-allowed", files: PIPELINES, line: /\bseverity: (fail|quarantine|warn)/, count: 4 },
  {
    rule: "pipeline/not-allowed",
    files: PIPELINES,
    line: /\bwrite: (merge|append|scd2|overwrite-partition)/,
    count: 3,
  },
  { rule: "pipeline/missing-file", files: PIPELINES, line: /^ {6}sql: gold\/(\w+)/, count: 3 },
  {
    rule: "yaml/duplicate-key",
    files: PIPELINES,
    line: /^( {6}keys: .*)$/,
    becomes: (line) => `${line}\n${line}`,
    count: 3,
  },
  { rule: "yaml/tab", files: PIPELINES, line: /^( {4})\w+:/, becomes: text("\t"), count: 3 },
  // SQL
  { rule: "pipeline/unknown-table", files: SQL, line: /\b(?:FROM|JOIN) silver\.(\w+)/i, count: 8 },
  {
    rule: "pipeline/unknown-table",
    files: SQL,
    line: /\b(?:FROM|JOIN) (silver)\./i,
    becomes: text("bronze"),
    count: 3,
  },
  {
    rule: "pipeline/sql-syntax",
    files: SQL,
    line: /^ {2}'?(?:count|min|max)(\()[^()]*\) /i,
    becomes: text("(("),
    count: 4,
  },
  // bases
  {
    rule: "manifest/schema",
    files: BASES,
    line: /^\s+(replicas|periodSeconds|timeoutSeconds|failureThreshold|enableServiceLinks|terminationGracePeriodSeconds|strategy|podManagementPolicy):/,
    count: 10,
  },
  {
    rule: "manifest/schema",
    files: WORKLOADS,
    line: /^\s+(?:periodSeconds|timeoutSeconds|failureThreshold|replicas): (\d+)$/,
    becomes: text("many"),
    count: 6,
  },
  { rule: "reference/missing", files: WORKLOADS, line: /secretRef: \{ name: ([\w-]+)/, count: 4 },
  {
    rule: "kustomize/yaml",
    files: WORKLOADS,
    line: /^( {6})(?:containers|volumes|securityContext):/,
    becomes: text("\t"),
    count: 3,
  },
  // generated files
  { rule: "generated/stale", files: GENERATED, line: /coreLimit: ("\d")/, becomes: text('"7"'), count: 4 },
  {
    rule: "generated/stale",
    files: GENERATED,
    line: /^(# Generated from .*)$/,
    becomes: (line) => `${line} (mended by hand)`,
    count: 2,
  },
  // overlays
  { rule: "images/unused", files: OVERLAYS, line: /^ {2}- name: ([a-z]+-(?:silver|gold|tests))$/, count: 4 },
  {
    rule: "images/no-digest",
    files: OVERLAYS,
    line: /^ {4}newTag: (unbuilt)$/,
    becomes: text("v1.2"),
    count: 3,
  },
  {
    rule: "kustomize/missing",
    files: OVERLAYS,
    line: /^ {2}- \.\.\/\.\.\/\.\.\/\.\.\/(?:\.\.\/)?manifests\/[\w-]+\/([\w-]+)/,
    count: 4,
  },
  { rule: "kustomize/unknown-key", files: OVERLAYS, line: /^(images):/, becomes: text("imagse"), count: 2 },
  // apps
  { rule: "apps/wave", files: APPS, line: /sync-wave: ("\d+")/, becomes: text('"late"'), count: 3 },
  { rule: "apps/no-project", files: APPS, line: /^ {2}project: (\w+)/, count: 3 },
  {
    rule: "apps/missing-path",
    files: APPS,
    line: /^ {4}path: overlays\/ENVIRONMENT\/[\w-]+\/([\w-]+)/,
    count: 3,
  },
];

/**
 * Makes single mistakes all over a valid repository: the same ones for the same seed and files.
 *
 * @param files the repository's text by path
 * @param seed of what is chosen
 * @returns the mistakes, each told on the line that it is on
 */
export function generateMistakes(files: Readonly<Record<string, string>>, seed: number): Mistake[] {
  const random = randomOf(seed);
  return SORTS.flatMap((sort) => {
    const places = Object.entries(files)
      .filter(([file]) => sort.files.test(file))
      .flatMap(([file, content]) =>
        content.split("\n").flatMap((line, index) => (isPlace(line, sort) ? [{ file, index }] : [])),
      );
    const chosen = new Set<number>();
    while (chosen.size < Math.min(sort.count, places.length)) chosen.add(random(places.length));
    return [...chosen].flatMap((at) => {
      const place = places[at];
      return place === undefined ? [] : [make(sort, place, files[place.file] ?? "", random)];
    });
  });
}

function isPlace(line: string, { line: pattern }: Sort): boolean {
  return pattern.test(line) && (/^# Generated/.test(line) || !/^\s*(#|--)/.test(line));
}

function make(
  sort: Sort,
  { file, index }: { file: string; index: number },
  content: string,
  random: Random,
): Mistake {
  const lines = content.split("\n");
  const line = lines[index] ?? "";
  const [whole, part = ""] = sort.line.exec(line) ?? [];
  const start = line.indexOf(part, line.indexOf(whole ?? "") + (whole ?? "").indexOf(part));
  const wrong = (sort.becomes ?? slip)(part, random);
  lines[index] = line.slice(0, start) + wrong + line.slice(start + part.length);
  const shift = wrong.split("\n").length - 1;
  return {
    name: `${sort.rule}: ${file}:${index + 1}: ${(lines[index] ?? "").trim().slice(0, 60).replaceAll(/\s+/g, " ")}`,
    changes: { [file]: lines.join("\n") },
    rule: sort.rule,
    file,
    line: index + 1 + shift,
  };
}

/** Two letters change places, one is left out, or one comes twice. */
function slip(word: string, random: Random): string {
  const at = 1 + random(word.length - 2);
  const [left, letter = "", next = ""] = [word.slice(0, at), word[at], word[at + 1]];
  const kinds = [left + word.slice(at + 1), left + letter + word.slice(at)];
  if (letter !== next) kinds.push(left + next + letter + word.slice(at + 2));
  const wrong = kinds[random(kinds.length)] ?? word;
  return wrong === word ? `${word}x` : wrong;
}

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
