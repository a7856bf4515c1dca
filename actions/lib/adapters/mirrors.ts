import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildOnce, cacheRoot, goModuleDir, parseGoMod } from "kubeconform-wrapper";
import { parse, parseDocument } from "yaml";
import { type MirroredBase, type MirroredChart, type Mirrors, versionOf } from "../domain/mirrors.ts";
import { asUserError } from "./go-tools.ts";
import { runProcess } from "./process.ts";

/** Changes when what is made below does, so that old mirrors are not taken for new ones. */
const FORMAT = 1;

/** Charts and Git repositories on this machine, in the place of those that kustomize would fetch. */
export interface PreparedMirrors {
  /** The folder with everything; `charts`, `git` and `gitconfig` are in it. */
  folder: string;
  /** `<chart>-<version>/<chart>` for each chart, as `scripts/tools/helm-from-mirror.sh` wants it. */
  charts: string;
  /** Git's settings that send each mirrored repository's address to its mirror. */
  gitConfig: string;
}

/**
 * Reads what can be had without fetching it.
 *
 * @param toolsDir the folder of the pins, with `mirrors.yaml`
 */
export async function readMirrors(toolsDir: string): Promise<Mirrors> {
  const listed: Pick<Mirrors, "charts" | "bases"> = parse(
    await readFile(join(toolsDir, "mirrors.yaml"), "utf8"),
  );
  const versions = new Map<string, string>();
  for (const { module } of [...listed.charts, ...listed.bases]) {
    versions.set(module, parseGoMod(await readFile(join(toolsDir, module, "go.mod"), "utf8")).version);
  }
  return { ...listed, versions };
}

/**
 * Makes the mirrors out of the pinned Go modules, once for each set of pins. When they are there already no process
 * is started.
 *
 * @param options `toolsDir`: the folder of the pins; `cacheDir`: the cache's root, the usual one by default
 * @throws UserError without Go, without the network on the first use, or when a checksum differs
 */
export async function prepareMirrors(options: {
  toolsDir: string;
  cacheDir?: string;
}): Promise<PreparedMirrors> {
  const { toolsDir } = options;
  const mirrors = await readMirrors(toolsDir);
  const sums = [...mirrors.versions.keys()].map((name) => readFile(join(toolsDir, name, "go.sum"), "utf8"));
  const content = JSON.stringify([
    FORMAT,
    mirrors.charts,
    mirrors.bases,
    [...mirrors.versions],
    await Promise.all(sums),
  ]);
  const key = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const folder = join(options.cacheDir ?? cacheRoot(), "mirrors", key);
  try {
    await buildOnce(folder, (scratch) => makeMirrors(mirrors, options, scratch, folder));
  } catch (error) {
    throw asUserError(error);
  }
  return { folder, charts: join(folder, "charts"), gitConfig: join(folder, "gitconfig") };
}

/**
 * Git's settings for mirrors that lie in a folder.
 *
 * @param mirrors what is mirrored
 * @param folder where the mirrors' folder will be, as Git sees it
 * @returns the text of a gitconfig
 */
export function renderGitConfig({ bases }: Mirrors, folder: string): string {
  // Git refuses a repository of another user's, and in an image the mirrors are root's.
  return bases
    .map((base) => {
      const path = join(folder, "git", repositoryFolder(base));
      return `[url "${path}"]\n\tinsteadOf = ${base.repository}\n[safe]\n\tdirectory = ${path}\n`;
    })
    .join("");
}

async function makeMirrors(
  mirrors: Mirrors,
  { toolsDir }: { toolsDir: string },
  scratch: string,
  target: string,
): Promise<void> {
  const names = [...mirrors.versions.keys()];
  const folders = await Promise.all(names.map((name) => goModuleDir(name, { toolsDir })));
  const moduleFolders = new Map(names.map((name, index) => [name, folders[index] ?? ""]));
  for (const chart of mirrors.charts) {
    const source = join(moduleFolders.get(chart.module) ?? "", chart.path);
    await makeChart(chart, versionOf(chart, mirrors).replace(/^v/, ""), source, join(scratch, "charts"));
  }
  for (const base of mirrors.bases) {
    await makeRepository(base, versionOf(base, mirrors), moduleFolders.get(base.module) ?? "", scratch);
  }
  await writeFile(join(scratch, "gitconfig"), renderGitConfig(mirrors, target));
}

async function makeChart(
  chart: MirroredChart,
  version: string,
  source: string,
  charts: string,
): Promise<void> {
  const folder = join(charts, `${chart.name}-${version}`);
  const target = join(folder, chart.name);
  await copyWritable(source, target);
  await writeFile(join(folder, "repo"), `${chart.repo}\n`);
  const file = join(target, "Chart.yaml");
  const description = parseDocument(await readFile(file, "utf8"));
  // Some projects write the version into the chart only after the tag, when they release it.
  const written = String(description.get("version"));
  description.set("version", version);
  description.set("appVersion", String(description.get("appVersion")).replace(written, version));
  if (chart.withoutDependencies === true) description.delete("dependencies");
  await writeFile(file, String(description));
}

/** A bare repository with one commit, tagged with the version. */
async function makeRepository(
  base: MirroredBase,
  version: string,
  source: string,
  scratch: string,
): Promise<void> {
  const work = join(scratch, "work");
  for (const folder of base.folders) await copyWritable(join(source, folder), join(work, folder));
  const git = (...args: string[]) => runProcess({ file: "git", args, cwd: work, env: GIT_ENV });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all", "--force");
  await git("commit", "--quiet", `--message=${version}`);
  await git("tag", version);
  await git("gc", "--quiet");
  const target = join(scratch, "git", repositoryFolder(base));
  await mkdir(dirname(target), { recursive: true });
  await git("config", "core.bare", "true");
  await rename(join(work, ".git"), target);
  await rm(work, { recursive: true });
}

/** Go keeps its modules read-only, and a copy of that could be neither changed nor deleted. */
async function copyWritable(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await copyWritable(from, to);
    else if (entry.isFile()) await writeFile(to, await readFile(from));
  }
}

const GIT_ENV = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "mirror",
  GIT_AUTHOR_EMAIL: "mirror@localhost",
  GIT_AUTHOR_DATE: "2000-01-01T00:00:00Z",
  GIT_COMMITTER_NAME: "mirror",
  GIT_COMMITTER_EMAIL: "mirror@localhost",
  GIT_COMMITTER_DATE: "2000-01-01T00:00:00Z",
};

/** `github.com-owner-name.git` */
function repositoryFolder({ repository }: MirroredBase): string {
  return `${repository.replace(/^https:\/\//, "").replaceAll("/", "-")}.git`;
}
