import { didYouMean } from "./did-you-mean.ts";
import type { Problem } from "./problem.ts";

/** A chart that a pinned Go module carries. */
export interface MirroredChart {
  repo: string;
  name: string;
  /** The module's folder in `scripts/tools`. */
  module: string;
  /** The chart's folder in the module. */
  path: string;
  /** Whether the dependencies that its Chart.yaml names are left out. */
  withoutDependencies?: boolean;
}

/** A Git repository of which a pinned Go module carries a part. */
export interface MirroredBase {
  repository: string;
  module: string;
  /** The folders of the repository that are carried. */
  folders: readonly string[];
}

/** All that can be had without fetching it. */
export interface Mirrors {
  charts: readonly MirroredChart[];
  bases: readonly MirroredBase[];
  /** Version by module, as its go.mod pins it: `v2.4.0`. */
  versions: ReadonlyMap<string, string>;
}

/** An item of a kustomization's `helmCharts`. */
export interface ChartReference {
  repo?: unknown;
  name?: unknown;
  version?: unknown;
  valuesFile?: unknown;
}

/** What is wrong with one key of a chart's reference. */
export interface ChartProblem extends Problem {
  key: "repo" | "name" | "version";
}

const MIRRORS_FILE = "scripts/tools/mirrors.yaml";

/**
 * Tells why a chart cannot be inflated.
 *
 * @param chart as the kustomization names it, with a `repo`
 * @param mirrors what can be had
 * @returns what is wrong, and with which of its keys; `undefined` when it can be had
 */
export function chartProblem(chart: ChartReference, mirrors: Mirrors): ChartProblem | undefined {
  const { charts } = mirrors;
  const named = charts.filter(({ name }) => name === chart.name);
  if (named.length === 0) {
    return {
      rule: "kustomize/chart",
      key: "name",
      message: `the chart \`${String(chart.name)}\` is remote, and not mirrored`,
      expected: `one of ${charts.map(({ name }) => name).join(", ")}`,
      fix:
        didYouMean(
          String(chart.name),
          charts.map(({ name }) => name),
        ) ?? `add it to ${MIRRORS_FILE}`,
    };
  }
  const repo = String(chart.repo).replace(/\/$/, "");
  const mirror = named.find((candidate) => candidate.repo === repo);
  if (mirror === undefined) {
    const expected = named.map((candidate) => candidate.repo).join(" or ");
    const message = `the chart \`${String(chart.name)}\` of ${repo} is not mirrored`;
    return { rule: "kustomize/chart", key: "repo", message, expected, fix: "correct the repo" };
  }
  const version = versionOf(mirror, mirrors).replace(/^v/, "");
  if (chart.version === version) return unvalued(chart, mirror);
  return {
    rule: "kustomize/chart-version",
    key: "version",
    message: `version ${JSON.stringify(chart.version)} of the chart \`${mirror.name}\` is not mirrored`,
    expected: `version: ${version}, which scripts/tools/${mirror.module}/go.mod pins`,
    fix: "make the two agree",
  };
}

/** Without it kustomize wants to read the chart's own values out of the checkout, where the chart is not. */
function unvalued({ valuesFile }: ChartReference, { name }: MirroredChart): ChartProblem | undefined {
  if (typeof valuesFile === "string") return undefined;
  return {
    rule: "kustomize/chart-values",
    key: "name",
    message: `the chart \`${name}\` has no valuesFile`,
    expected: "a file of the repository with all that is set",
    fix: "add `valuesFile: values.yaml`; the file may hold {}",
  };
}

/**
 * Tells why a remote base cannot be had.
 *
 * @param target as the kustomization names it
 * @param mirrors what can be had
 * @returns what is wrong; `undefined` when it can be had
 */
export function baseProblem(target: string, { bases, versions }: Mirrors): Problem | undefined {
  const [, repository, path = "", ref] = /^(https:\/\/[^?]+?)\/\/([^?]*)\?ref=([^&]+)$/.exec(target) ?? [];
  const base = bases.find((candidate) => candidate.repository === repository);
  const rule = "kustomize/remote";
  if (base === undefined) {
    const message = `${target} is remote`;
    const fix = `copy what it names into manifests/ and pin it by the commit, or add its Go module to ${MIRRORS_FILE}`;
    return { rule, message, expected: "a path in this repository", fix };
  }
  const version = versions.get(base.module);
  if (ref !== version) {
    const message = `${target} is remote, and mirrored at another version`;
    const expected = `?ref=${version}, which scripts/tools/${base.module}/go.mod pins`;
    return { rule, message, expected, fix: "make the two agree" };
  }
  if (base.folders.some((folder) => path === folder || path.startsWith(`${folder}/`))) return undefined;
  const message = `${target} is remote, and this part of it is not mirrored`;
  const expected = `a folder below ${base.folders.join(" or ")}`;
  return { rule, message, expected, fix: `correct the path, or mirror it in ${MIRRORS_FILE}` };
}

/** @returns the version that a mirror's module is pinned at, as Go writes it */
export function versionOf({ module }: { module: string }, { versions }: Mirrors): string {
  const version = versions.get(module);
  if (version === undefined) throw new Error(`no version of the module ${module} was read`);
  return version;
}
