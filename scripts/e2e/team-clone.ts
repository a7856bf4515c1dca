import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { PinnedImage } from "../../actions/lib/domain/built-image.ts";
import { silentLogger } from "../../actions/lib/testing/silent-logger.ts";
import { buildImages } from "../cluster/build-images.ts";
import { publish } from "../cluster/git/publish.ts";
import { environment } from "./environment.ts";

const run = promisify(execFile);
const member = ["-c", "user.name=A team member", "-c", "user.email=member@wavehouse.invalid"];

/** What was delivered. */
export interface Delivery {
  commit: string;
  images: readonly PinnedImage[];
  /** Milliseconds since the epoch, when the push was done. */
  pushedAt: number;
}

/** A clone of the repository that Argo CD reads, in which changes are made as a member of the team makes them. */
export class TeamClone {
  readonly folder: string;
  readonly #repository: string;

  private constructor(folder: string, repository: string) {
    this.folder = folder;
    this.#repository = repository;
  }

  /**
   * Clones anew.
   *
   * @param repository the bare repository that Argo CD reads
   * @param folder where the clone goes; what is there is removed
   */
  static async open(options: { repository: string; folder: string }): Promise<TeamClone> {
    const { repository, folder } = options;
    await rm(folder, { recursive: true, force: true });
    await run("git", ["clone", "--quiet", repository, folder]);
    return new TeamClone(folder, repository);
  }

  /** The commit that `main` is at. */
  async head(): Promise<string> {
    return this.#git("rev-parse", "HEAD");
  }

  /** Changes a file; one that is not there is empty before. */
  async edit(path: string, change: (text: string) => string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    const before = await readFile(file, "utf8").catch(() => "");
    await writeFile(file, change(before));
  }

  /** Puts a file back to what it was at a commit. */
  async restore(path: string, commit: string): Promise<void> {
    await this.#git("checkout", "--quiet", commit, "--", path);
  }

  /** Removes a file. */
  async remove(path: string): Promise<void> {
    await rm(join(this.folder, path));
  }

  /** Commits all that was changed, and pushes. */
  async push(message: string): Promise<string> {
    await this.#commit(message);
    await this.#git("push", "--quiet", "origin", "HEAD:main");
    return this.head();
  }

  /** Commits all that was changed, builds the images that it changes, bumps them and pushes: what a merge does. */
  async deliver(message: string): Promise<Delivery> {
    await this.#commit(message);
    const images = await buildImages(this.folder, () => {});
    const at = { clone: this.folder, repository: this.#repository };
    const commit = await publish(environment, images, at, silentLogger());
    return { commit, images, pushedAt: Date.now() };
  }

  async #commit(message: string): Promise<void> {
    await commitAll(this.folder, message);
  }

  async #git(...args: readonly string[]): Promise<string> {
    return git(this.folder, ...args);
  }
}

/** Commits all that was changed in a clone. */
export async function commitAll(folder: string, message: string): Promise<void> {
  await git(folder, "add", "--all");
  await git(folder, ...member, "commit", "--quiet", "--message", message);
}

async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", [...args], { cwd: folder });
  return stdout.trim();
}
