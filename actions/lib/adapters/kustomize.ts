import { readdir, readFile, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { didYouMean } from "../domain/did-you-mean.ts";
import type { Finding } from "../domain/finding.ts";
import {
  isRemote,
  KUSTOMIZATION_NAMES,
  type KustomizationReference,
  kustomizationReferences,
} from "../domain/kustomization-references.ts";
import { type ParsedYaml, parseYaml } from "../domain/parse-yaml.ts";
import { UserError } from "../domain/user-error.ts";
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import { ProcessError, runProcess } from "./process.ts";

/** The pinned kustomize, and where it works. */
export interface KustomizeOptions {
  /** Absolute path of the repository. */
  root: string;
  /** Absolute path of the program. */
  kustomize: string;
  /** A render is ended after this many milliseconds; 60,000 by default. */
  timeoutMs?: number;
}

/**
 * Renders with kustomize as Argo CD's repo-server does: `kustomize build <folder>` with no option of its own. Nothing
 * is ever fetched: a remote base is the user's fault, since what it renders to is not in the commit.
 *
 * @param options the program and the repository
 */
export function kustomizeRenderer(options: KustomizeOptions): ManifestRenderer {
  return { render: (folder) => render(options, folder) };
}

async function render(options: KustomizeOptions, folder: string): Promise<string> {
  const walk = new Walk(options.root);
  await walk.start(folder);
  if (walk.findings.length > 0) throw new UserError(walk.findings);
  try {
    const output = await runProcess({
      file: options.kustomize,
      args: ["build", folder],
      cwd: options.root,
      env: OFFLINE,
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    });
    return output.stdout.toString("utf8");
  } catch (error) {
    if (!(error instanceof ProcessError) || error.failure === "not-found") throw error;
    throw new UserError([explain(error, folder, walk)], { cause: error });
  }
}

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
  readonly #visited = new Set<string>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async start(folder: string): Promise<void> {
    if (!isInside(folder)) throw new UserError(`${folder} is not a folder of the repository`);
    const stats = await statOrUndefined(join(this.#root, folder));
    if (!stats?.isDirectory()) throw new UserError(`${folder}: there is no such folder to render`);
    await this.#visitFolder(posix.normalize(folder), undefined);
  }

  async #visitFolder(folder: string, origin: Origin | undefined): Promise<void> {
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
    const { document, findings } = parseYaml(await readFile(join(this.#root, file)), file);
    this.findings.push(...findings);
    if (document === undefined) return;
    const kustomization = { file, parsed: document };
    this.kustomizations.push(kustomization);
    for (const reference of kustomizationReferences(document.value)) {
      await this.#visitReference(folder, { kustomization, reference });
    }
  }

  async #visitReference(folder: string, origin: Origin): Promise<void> {
    const { target } = origin.reference;
    if (isRemote(target)) {
      this.findings.push(at(origin, { rule: "kustomize/remote", ...REMOTE, message: `${target} is remote` }));
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
    else this.files.set(path, origin);
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

type Problem = Pick<Finding, "rule" | "message" | "expected" | "fix">;

const REMOTE = {
  expected: "a path in this repository",
  fix: "copy what it names into manifests/ and pin it by the commit",
};

const OUTSIDE = { expected: "a path in this repository", fix: "copy what it names into manifests/" };

function at({ kustomization, reference }: Origin, problem: Problem): Finding {
  const position = kustomization.parsed.positions.value(reference.pointer);
  return { severity: "error", file: kustomization.file, ...position, ...problem };
}

/** Puts what kustomize says at the place that it means, where it can be found. */
function explain(error: ProcessError, folder: string, walk: Walk): Finding {
  const top = walk.kustomizations[0]?.file ?? folder;
  const place = { severity: "error" as const, file: top, line: 1, column: 1 };
  if (error.failure === "timeout") {
    const fix = "look for aliases that expand without end";
    return { ...place, rule: "kustomize/timeout", message: `rendering ${folder}: ${error.message}`, fix };
  }
  const said = lastClause(error.stderr);
  const malformed = /MalformedYAMLError: yaml: (?:line (\d+): )?(.+) in File: (\S+)/s.exec(said);
  if (malformed !== null) {
    const [, line, message = "", name = ""] = malformed;
    const file = [...walk.files.keys()].find((path) => path === name || path.endsWith(`/${name}`));
    const problem = { rule: "kustomize/yaml", message: `not YAML: ${message}` };
    return { ...place, file: file ?? top, line: Number(line ?? 1), ...problem };
  }
  const unknown = /unknown field "([^"]+)"/.exec(said)?.[1];
  if (unknown !== undefined) {
    const found = walk.kustomizations.find(({ parsed }) => hasKey(parsed.value, unknown));
    const position = found?.parsed.positions.key(`/${unknown}`);
    const problem = { rule: "kustomize/unknown-key", message: `kustomize knows no key \`${unknown}\`` };
    return { ...place, file: found?.file ?? top, ...position, ...problem };
  }
  return { ...place, rule: "kustomize/build", message: `kustomize: ${said}` };
}

/** What kustomize found, without the trail of folders that led there. */
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
