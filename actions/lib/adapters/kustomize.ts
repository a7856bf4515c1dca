import { readdir, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
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
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import { atOnce } from "./at-once.ts";
import { goTool } from "./go-tools.ts";
import { kustomizeBatches, rendersAlike } from "./kustomize-batches.ts";
import { prepareMirrors, readMirrors } from "./mirrors.ts";
import { ProcessError, runProcess } from "./process.ts";
import { endlessAliases, firstFault, NOT_YAML } from "./yaml-faults.ts";

/** The pinned kustomize, and where it works. */
export interface KustomizeOptions {
  /** Absolute path of the repository. */
  root: string;
  /** Absolute path of the program. */
  kustomize: string;
  /** The folder of the pinned tools, whose mirrors serve charts and remote bases; without it there are none. */
  toolsDir?: string;
  /** A render is ended after this many milliseconds; 90,000 by default, after which Argo CD ends it, too. */
  timeoutMs?: number;
  /** Whether one process may render several folders; it may by default. */
  batches?: boolean;
}

/**
 * Renders with kustomize as Argo CD's repo-server does: `kustomize build --enable-helm <folder>`. Nothing is ever
 * fetched: charts and remote bases come from the mirrors of `scripts/tools/mirrors.yaml`, at the version that is
 * pinned there, and any other remote is the user's fault, since what it renders to is not in the commit.
 *
 * @param options the program and the repository
 */
export function kustomizeRenderer(options: KustomizeOptions): ManifestRenderer {
  const mirrors =
    options.toolsDir === undefined ? Promise.resolve(NO_MIRRORS) : readMirrors(options.toolsDir);
  // Told by the render that waits for it.
  mirrors.catch(() => undefined);
  const parsed: ParsedKustomizations = new Map();
  const limit = atOnce(availableParallelism());
  const inputs = new Map<string, ReturnType<Walk["inputs"]>>();
  const batch = kustomizeBatches(options.root, limit, (scratch) => runKustomize(options, [scratch], {}));
  return {
    render: async (folder) => {
      const walk = new Walk(options.root, await mirrors, parsed);
      await walk.start(folder);
      inputs.set(folder, walk.inputs());
      if (walk.findings.length > 0) throw new UserError(walk.findings);
      const alone = (): Promise<string> => build(options, folder, walk);
      if (options.batches !== false && walk.rendersAlike()) return batch(folder, alone);
      // Charts and remote bases take longest: what is begun last keeps one core busy alone.
      return limit(alone, { first: true });
    },
    inputs: async (folder) => inputs.get(folder),
  };
}

/** What kustomizations hold, by file; many overlays build on the same bases. */
type ParsedKustomizations = Map<string, { text: string; parsed: ParsedYaml }>;

async function build(options: KustomizeOptions, folder: string, walk: Walk): Promise<string> {
  const remote = await connectMirrors(options, walk);
  try {
    return await runKustomize(options, [...remote.args, folder], remote.env);
  } catch (error) {
    if (!(error instanceof ProcessError) || error.failure === "not-found") throw error;
    // It says 1 of what is wrong with the files. A panic or a signal is no answer, so it is no finding.
    if (error.failure === "exit" && error.exitCode !== 1)
      throw new UserError(error.message, { cause: error });
    throw new UserError([await explain(error, folder, walk)], { cause: error });
  }
}

async function runKustomize(
  { kustomize, root, timeoutMs = 90_000 }: KustomizeOptions,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<string> {
  const { stdout } = await runProcess({
    file: kustomize,
    args: ["build", ...args],
    cwd: root,
    env: { ...OFFLINE, ...env },
    timeoutMs,
  });
  return stdout.toString("utf8");
}

const NO_MIRRORS: Mirrors = { charts: [], bases: [], versions: new Map() };

/** Were a remote reference to slip through: no Git to clone with, and proxies that refuse. */
const OFFLINE = {
  PATH: "",
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
  http_proxy: "http://127.0.0.1:9",
  https_proxy: "http://127.0.0.1:9",
  NO_PROXY: "",
  no_proxy: "",
};

/** What kustomize is told besides, where the walk came upon charts and remote bases. */
async function connectMirrors(
  { toolsDir }: KustomizeOptions,
  { mirrored }: Walk,
): Promise<{ args: string[]; env: Record<string, string | undefined> }> {
  const first = mirrored[0];
  if (first === undefined || toolsDir === undefined) return { args: [], env: {} };
  try {
    const mirrors = await prepareMirrors({ toolsDir });
    const needsHelm = mirrored.some(({ isChart }) => isChart);
    return {
      args: needsHelm ? ["--enable-helm", "--helm-command", join(toolsDir, "helm-from-mirror.sh")] : [],
      env: {
        ...(needsHelm
          ? { WAVEHOUSE_CHARTS: mirrors.charts, WAVEHOUSE_HELM: await goTool("helm", toolsDir) }
          : {}),
        ...(mirrored.every(({ isChart }) => isChart) ? {} : gitFrom(mirrors.gitConfig)),
      },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const fix = "mend that; the chart or base itself is fine";
    const problem = { rule: "kustomize/mirror", message: error.message, fix };
    throw new UserError([at(first.origin, problem)], { cause: error });
  }
}

/** Git that can read folders of this machine and nothing else. */
function gitFrom(config: string): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    GIT_ALLOW_PROTOCOL: "file",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: config,
    GIT_TERMINAL_PROMPT: "0",
  };
}

/** A kustomization that was read. */
interface Kustomization {
  file: string;
  parsed: NonNullable<ParsedYaml["document"]>;
}

/** A reference, and the kustomization that holds it. */
interface Origin {
  kustomization: Kustomization;
  reference: KustomizationReference;
}

/** Reads a kustomization and those it builds on, and finds what kustomize would say without a place, or fetch. */
class Walk {
  readonly findings: Finding[] = [];
  readonly kustomizations: Kustomization[] = [];
  /** Files that kustomize loads, by path, with what names them. */
  readonly files = new Map<string, Origin>();
  /** Charts and remote bases that the mirrors have. */
  readonly mirrored: { origin: Origin; isChart: boolean }[] = [];
  #hasOwnChart = false;
  readonly #visited = new Set<string>();
  /** The folders that lead to where the walk is. */
  readonly #around = new Set<string>();
  readonly #root: string;
  readonly #mirrors: Mirrors;
  readonly #parsed: ParsedKustomizations;

  constructor(root: string, mirrors: Mirrors, parsed: ParsedKustomizations) {
    this.#root = root;
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

  rendersAlike(): boolean {
    return this.mirrored.length === 0 && rendersAlike(this.kustomizations.map(({ parsed }) => parsed.value));
  }

  async start(folder: string): Promise<void> {
    if (!isInside(folder)) throw new UserError(`${folder} is not a folder of the repository`);
    const stats = await statOrUndefined(join(this.#root, folder));
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
        at(origin, { ...problem, expected: "folders that build on others in one direction" }),
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
      this.findings.push(at(origin, problem));
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

  /** The first place that is no YAML, in the files that kustomize loads or in one of them. */
  async firstFault(files: Iterable<string> = this.files.keys()): Promise<Finding | undefined> {
    for (const file of files) {
      const fault = await firstFault(this.#root, file, NOT_YAML);
      if (fault !== undefined) return { ...fault, rule: "kustomize/yaml" };
    }
    return undefined;
  }

  /** Where an object is written for the second time. */
  async secondObject(kind: string, id: string): Promise<Finding | undefined> {
    let seen = 0;
    for (const file of this.files.keys()) {
      const text = await readFile(join(this.#root, file), "utf8");
      let line = 1;
      for (const document of text.split(/^(?=---\s)/m)) {
        const name = /^metadata:(?:.*\n(?: .*\n)*?)?.*\bname: *["']?([\w.-]+)/m.exec(document);
        const isSame =
          new RegExp(`^kind: *${kind}\\b`, "m").test(document) && `${id}.`.startsWith(`${name?.[1]}.`);
        if (name !== null && isSame) seen += 1;
        if (name !== null && isSame && seen === 2) {
          const before = document.slice(0, name.index + name[0].length).split("\n");
          const column = (before.at(-1)?.lastIndexOf(name[1] ?? "") ?? 0) + 1;
          const position = { line: line + before.length - 1, column };
          const message = `${kind} ${name[1]} is there already`;
          const fix = "rename or delete one of the two";
          return {
            rule: "object/twice",
            severity: "error",
            file,
            ...position,
            message,
            expected: "each name once",
            fix,
          };
        }
        line += document.split("\n").length - 1;
      }
    }
    return undefined;
  }

  async #parse(file: string): Promise<ParsedYaml> {
    const bytes = await readFile(join(this.#root, file));
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
      else this.findings.push(at(origin, problem));
    }
  }

  async #visitReference(folder: string, origin: Origin): Promise<void> {
    const { target } = origin.reference;
    if (isRemote(target)) {
      const isBase = origin.reference.pointer.startsWith("/resources/");
      const problem = baseProblem(target, isBase ? this.#mirrors : NO_MIRRORS);
      if (problem === undefined) this.mirrored.push({ origin, isChart: false });
      else this.findings.push(at(origin, problem));
      return;
    }
    const path = posix.normalize(posix.join(folder, target)).replace(/\/$/, "");
    if (!isInside(path)) {
      const problem = {
        rule: "kustomize/outside",
        ...OUTSIDE,
        message: `${target} is outside of the repository`,
      };
      this.findings.push(at(origin, problem));
      return;
    }
    const stats = await statOrUndefined(join(this.#root, path));
    if (stats === undefined) this.findings.push(at(origin, await this.#missing(path)));
    else if (stats.isDirectory()) await this.#visitFolder(path, origin);
    else await this.#addFile(path, origin);
  }

  /** What aliases stand for, kustomize writes out: with no end but that of the memory. */
  async #addFile(path: string, origin: Origin): Promise<void> {
    this.files.set(path, origin);
    this.findings.push(...(await endlessAliases(this.#root, path)));
  }

  /** The hint is for the first part of the path that is not there. */
  async #missing(path: string): Promise<Problem> {
    let wrong = path;
    while ((await statOrUndefined(join(this.#root, posix.dirname(wrong)))) === undefined) {
      wrong = posix.dirname(wrong);
    }
    const siblings = await readdir(join(this.#root, posix.dirname(wrong))).catch(() => []);
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
      if ((await statOrUndefined(join(this.#root, path)))?.isFile()) return path;
    }
    return undefined;
  }
}

const OUTSIDE = { expected: "a path in this repository", fix: "copy what it names into manifests/" };

function at({ kustomization, reference }: Origin, { rule, message, expected, fix }: Problem): Finding {
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

/** Puts what kustomize says at the place that it means, where it can be found. */
async function explain(error: ProcessError, folder: string, walk: Walk): Promise<Finding> {
  const top = walk.kustomizations[0]?.file ?? folder;
  const place = { severity: "error" as const, file: top, line: 1, column: 1 };
  if (error.failure === "timeout") {
    const fix =
      "look for aliases that expand without end; a folder with many thousands of objects must be split";
    return { ...place, rule: "kustomize/timeout", message: `rendering ${folder}: ${error.message}`, fix };
  }
  const helm =
    /^(?:Error: ?)*(.+?):? unable to run: '\S*\/helm-from-mirror.sh template \S+ \S+\/([^/ ]+) /s.exec(
      error.stderr,
    );
  if (helm !== null) {
    const [, what = "", chart] = helm;
    const message = `Helm: ${what.trim().replaceAll(/\s*\n\s*/g, " ")}`;
    const origin = walk.mirrored.find(
      ({ isChart, origin: { reference } }) => isChart && reference.target === chart,
    );
    const problem = { rule: "kustomize/helm", message, fix: "correct the chart's values" };
    return origin === undefined ? { ...place, ...problem } : at(origin.origin, problem);
  }
  const said = lastClause(error.stderr);
  const malformed = /MalformedYAMLError: yaml: (?:line (\d+): )?(.+) in File: (\S+)/s.exec(said);
  if (malformed !== null) {
    const [, line, message = "", name = ""] = malformed;
    const file = [...walk.files.keys()].find((path) => path === name || path.endsWith(`/${name}`));
    const problem = { rule: "kustomize/yaml", message: `not YAML: ${message}` };
    // Its parser names the line where the value around began.
    const precise = file === undefined ? undefined : await walk.firstFault([file]);
    return precise ?? { ...place, file: file ?? top, line: Number(line ?? 1), ...problem };
  }
  // A key that stands twice is told of no file.
  const unnamed = said.includes("unmarshal errors") ? await walk.firstFault() : undefined;
  if (unnamed !== undefined) return unnamed;
  const [, kind = "", id = ""] = /already registered id: (\w+)\.[^/]*\/([^:'"\s]+)/.exec(said) ?? [];
  const second = kind === "" ? undefined : await walk.secondObject(kind, id);
  if (second !== undefined) return second;
  const unknown = /unknown field "([^"]+)"/.exec(said)?.[1];
  if (unknown !== undefined) {
    const found = walk.kustomizations.find(({ parsed }) => hasKey(parsed.value, unknown));
    const position = found?.parsed.positions.key(`/${unknown}`);
    const problem = { rule: "kustomize/unknown-key", message: `kustomize knows no key \`${unknown}\`` };
    return { ...place, file: found?.file ?? top, ...position, ...problem };
  }
  return { ...place, rule: "kustomize/build", message: `kustomize: ${said}` };
}

/** Without the trail of folders that led there. */
function lastClause(stderr: string): string {
  const lines = stderr.trim().split("\n");
  const error = lines.find((line) => line.startsWith("Error: ")) ?? lines.at(-1) ?? "";
  return error
    .replace(/^Error: /, "")
    .replace(/^.*recursed (?:merging from|accumulation of) path '[^']*': /s, "")
    .replace(/^(?:accumulating resources(?: from '[^']*')?: |accumulating components: )+/, "");
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

function isInside(path: string): boolean {
  return !posix.isAbsolute(path) && posix.normalize(path).split("/")[0] !== "..";
}

async function statOrUndefined(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  return stat(path).catch(() => undefined);
}
