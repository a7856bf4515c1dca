import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { goModuleDir } from "kubeconform-wrapper";
import { asUserError, goTool } from "./go-tools.ts";

/** One file or folder of a build's context. Its identity is known before it is made: most builds are not needed. */
export interface ContextPart {
  /** Path in the context. */
  path: string;
  /** Text that differs whenever the content would. */
  identity(): Promise<string>;
  /** Makes it at `target`, whose folder is there. */
  put(target: string): Promise<void>;
}

/** A file of the repository, executable or not; what else its mode says is of the checkout's umask. */
export function file(source: string, path: string): ContextPart {
  const isExecutable = async (): Promise<boolean> => ((await stat(source)).mode & 0o100) !== 0;
  return {
    path,
    identity: async () => `${(await isExecutable()) ? "x" : "-"} ${sha256(await readFile(source))}`,
    put: async (target) => {
      await copyFile(source, target);
      await chmod(target, (await isExecutable()) ? 0o755 : 0o644);
    },
  };
}

/** A file that is written for the image. */
export function text(content: () => Promise<string>, path: string): ContextPart {
  return {
    path,
    identity: async () => sha256(await content()),
    put: async (target) => writeFile(target, await content()),
  };
}

/** A program of a pinned Go module, built when it is put. */
export function program(tool: string, toolsDir: string, path: string): ContextPart {
  return {
    path,
    identity: () => pinIdentity(tool, toolsDir),
    put: async (target) => {
      await copyFile(await goTool(tool, toolsDir), target, constants.COPYFILE_FICLONE);
      await chmod(target, 0o755);
    },
  };
}

/** A file that a pinned Go module brings. */
export function moduleFile(tool: string, toolsDir: string, source: string, path: string): ContextPart {
  return {
    path,
    identity: async () => `${await pinIdentity(tool, toolsDir)} ${source}`,
    put: async (target) => {
      const folder = await goModuleDir(tool, { toolsDir }).catch((error: unknown) => {
        throw asUserError(error);
      });
      await writeFile(target, await readFile(join(folder, source)));
    },
  };
}

/** A file or folder of the cache, whose own path tells its content. */
export function cached(
  prepare: () => Promise<string>,
  identity: () => Promise<string>,
  path: string,
): ContextPart {
  return {
    path,
    identity,
    put: async (target) => cp(await prepare(), target, { recursive: true, dereference: true }),
  };
}

/** Fills the folder of a context. */
export async function fillContext(folder: string, parts: readonly ContextPart[]): Promise<void> {
  for (const part of parts) {
    const target = join(folder, part.path);
    await mkdir(dirname(target), { recursive: true });
    await part.put(target);
  }
}

async function pinIdentity(tool: string, toolsDir: string): Promise<string> {
  const pins = ["go.mod", "go.sum"].map((name) => readFile(join(toolsDir, tool, name)));
  return (await Promise.all(pins)).map(sha256).join(" ");
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
