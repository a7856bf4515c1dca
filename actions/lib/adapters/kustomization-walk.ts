import { readdir, readFile, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { didYouMean } from "../domain/did-you-mean.ts";
import type { Finding } from "../domain/finding.ts";
import { pointTo } from "../domain/json-pointer.ts";
import {
  isRemote,
  KUSTOMIZATION_NAMES,
  type KustomizationReference,
  kustomizationReferences,
} from "../domain/kustomization-references.ts";
import { baseProblem, type ChartReference, chartProblem, type Mirrors } from "../domain/mirrors.ts";
import { type ParsedYaml, parseYaml } from "../domain/parse-yaml.ts";
import type { Problem } from "../domain/problem.ts";
import { UserError } from "../domain/user-error.ts";
import { rendersAlike } from "./kustomize-batches.ts";
import { endlessAliases } from "./yaml-faults.ts";

/** What kustomizations hold, by file; many overlays build on the same bases. */
export type ParsedKustomizations = Map<string, { text: string; parsed: ParsedYaml }>;

/** Where nothing stands in for what is elsewhere. */
export const NO_MIRRORS: Mirrors = { charts: [], bases: [], versions: new Map() };

/** A kustomization that was read. */
interface Kustomization {
  file: string;
  parsed: NonNullable<ParsedYaml["document"]>;
}

/** A reference, and the kustomization that holds it. */
export interface Origin {
  kustomization: Kustomization;
  reference: KustomizationReference;
}

/** Reads a kustomization and those it builds on, and finds what kustomize would say without a place, or fetch. */
export class Walk {
  readonly findings: Finding[] = [];
  readonly kustomizations: Kustomization[] = [];
  /** Files that kustomize loads, by path, with what names them. */
  readonly files = new Map<string, Origin>();
  /** Charts and remote bases that the mirrors have. */
  readonly mirrored: { origin: Origin; isChart: boolean }[] = [];
  /** Absolute path of the repository. */
  readonly root: string;
  #hasOwnChart = false;
  readonly #visited = new Set<string>();
  /** The folders that lead to where the walk is. */
  readonly #around = new Set<string>();
  readonly #mirrors: Mirrors;
  readonly #parsed: ParsedKustomizations;

  constructor(root: string, mirrors: Mirrors, parsed: ParsedKustomizations) {
    this.root = root;
    this.#mirrors = mirrors;
    this.#parsed = parsed;
  }

  /** What decides the render; `undefined` with a chart of the repository's own, whose files nobody lists. */
  inputs(): { present: string[]; absent: string[] } | undefined {
    if (this.#hasOwnChart) return undefined;
    const present = [...this.kustomizations.map(({ file }) => file), ...this.files.keys()];
    const names = [...this.#visited].flatMap((folder) =>
      KUSTOMIZATION_NAMES.map((name) => posix.join(folder, name)),
    );
    return { present, absent: names.filter((path) => !present.includes(path)) };
  }

  /** Whether it renders the same in one process with other folders. */
  rendersAlike(): boolean {
    return this.mirrored.length === 0 && rendersAlike(this.kustomizations.map(({ parsed }) => parsed.value));
  }

  /** Reads what a folder is made of. Throws UserError where the folder itself cannot be rendered. */
  async start(folder: string): Promise<void> {
    if (!isInside(folder)) throw new UserError(`${folder} is not a folder of the repository`);
    const stats = await statOrUndefined(join(this.root, folder));
    if (!stats?.isDirectory()) throw new UserError(`${folder}: there is no such folder to render`);
    await this.#visitFolder(posix.normalize(folder), undefined);
  }

  async #visitFolder(folder: string, origin: Origin | undefined): Promise<void> {
    if (this.#around.has(folder) && origin !== undefined) {
      const problem = {
        rule: "kustomize/cycle",
        message: `${folder} builds on itself`,
        fix: "drop the reference",
      };
      this.findings.push(
        findingAt(origin, { ...problem, expected: "folders that build on others in one direction" }),
      );
    }
    if (this.#visited.has(folder)) return;
    this.#visited.add(folder);
    const file = await this.#findKustomization(folder);
    if (file === undefined) {
      if (origin === undefined) throw new UserError(`${folder} has no ${KUSTOMIZATION_NAMES[0]}`);
      const problem = {
        rule: "kustomize/no-kustomization",
        message: `${folder} has no ${KUSTOMIZATION_NAMES[0]}`,
        expected: "a folder that kustomize can build",
        fix: `add ${folder}/${KUSTOMIZATION_NAMES[0]}, or name its files one by one`,
      };
      this.findings.push(findingAt(origin, problem));
      return;
    }
    const { document, findings } = await this.#parse(file);
    this.findings.push(...findings);
    if (document === undefined) return;
    const kustomization = { file, parsed: document };
    this.kustomizations.push(kustomization);
    this.#visitCharts(kustomization);
    this.#around.add(folder);
    for (const reference of kustomizationReferences(document.value)) {
      await this.#visitReference(folder, { kustomization, reference });
    }
    this.#around.delete(folder);
  }

  async #parse(file: string): Promise<ParsedYaml> {
    const bytes = await readFile(join(this.root, file));
    const text = bytes.toString("latin1"); // tells bytes apart, whatever they are
    const known = this.#parsed.get(file);
    if (known?.text === text) return known.parsed;
    const parsed = parseYaml(bytes, file);
    this.#parsed.set(file, { text, parsed });
    return parsed;
  }

  #visitCharts(kustomization: Kustomization): void {
    const { helmCharts } = kustomization.parsed.value as { helmCharts?: unknown };
    for (const [index, chart] of (Array.isArray(helmCharts) ? helmCharts : []).entries()) {
      // Without a repo it is a folder of this repository.
      if (typeof (chart as ChartReference | null)?.repo !== "string") {
        this.#hasOwnChart = true;
        continue;
      }
      const problem = chartProblem(chart, this.#mirrors);
      const pointer = pointTo("", "helmCharts", index, problem?.key ?? "name");
      const origin = { kustomization, reference: { target: String(chart.name), pointer } };
      if (problem === undefined) this.mirrored.push({ origin, isChart: true });
      else this.findings.push(findingAt(origin, problem));
    }
  }

  async #visitReference(folder: string, origin: Origin): Promise<void> {
    const { target } = origin.reference;
    if (isRemote(target)) {
      const isBase = origin.reference.pointer.startsWith("/resources/");
      const problem = baseProblem(target, isBase ? this.#mirrors : NO_MIRRORS);
      if (problem === undefined) this.mirrored.push({ origin, isChart: false });
      else this.findings.push(findingAt(origin, problem));
      return;
    }
    const path = posix.normalize(posix.join(folder, target)).replace(/\/$/, "");
    if (!isInside(path)) {
      const problem = {
        rule: "kustomize/outside",
        ...OUTSIDE,
        message: `${target} is outside of the repository`,
      };
      this.findings.push(findingAt(origin, problem));
      return;
    }
    const stats = await statOrUndefined(join(this.root, path));
    if (stats === undefined) this.findings.push(findingAt(origin, await this.#missing(path)));
    else if (stats.isDirectory()) await this.#visitFolder(path, origin);
    else await this.#addFile(path, origin);
  }

  /** What aliases stand for, kustomize writes out: with no end but that of the memory. */
  async #addFile(path: string, origin: Origin): Promise<void> {
    this.files.set(path, origin);
    this.findings.push(...(await endlessAliases(this.root, path)));
  }

  /** The hint is for the first part of the path that is not there. */
  async #missing(path: string): Promise<Problem> {
    let wrong = path;
    while ((await statOrUndefined(join(this.root, posix.dirname(wrong)))) === undefined) {
      wrong = posix.dirname(wrong);
    }
    const siblings = await readdir(join(this.root, posix.dirname(wrong))).catch(() => []);
    return {
      rule: "kustomize/missing",
      message: `${path} does not exist`,
      expected: "a file or a folder of the repository",
      fix: didYouMean(posix.basename(wrong), siblings) ?? "correct the path, or add what it names",
    };
  }

  async #findKustomization(folder: string): Promise<string | undefined> {
    for (const name of KUSTOMIZATION_NAMES) {
      const path = posix.join(folder, name);
      if ((await statOrUndefined(join(this.root, path)))?.isFile()) return path;
    }
    return undefined;
  }
}

const OUTSIDE = { expected: "a path in this repository", fix: "copy what it names into manifests/" };

/** A problem at the place of a reference. */
export function findingAt(
  { kustomization, reference }: Origin,
  { rule, message, expected, fix }: Problem,
): Finding {
  const position = kustomization.parsed.positions.value(reference.pointer);
  return {
    severity: "error",
    file: kustomization.file,
    ...position,
    rule,
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(fix === undefined ? {} : { fix }),
  };
}

function isInside(path: string): boolean {
  return !posix.isAbsolute(path) && posix.normalize(path).split("/")[0] !== "..";
}

async function statOrUndefined(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  return stat(path).catch(() => undefined);
}
