import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A pinned module with some files replaced. */
export interface OverlaidModule {
  /** The tool's folder, with `go.mod` and `go.sum`. */
  folder: string;
  /** The module's path. */
  module: string;
  /** Where Go keeps the module, read-only. */
  source: string;
  /** Text by path in the module. */
  overlay: ReadonlyMap<string, string>;
}

/**
 * Makes a copy of a module with some files replaced, for as long as it is built from. Go's own `-overlay` refuses files
 * of its module cache.
 *
 * @param build gets Go's flags that make it take the copy
 * @returns what `build` returns
 */
export async function withOverlaidModule<T>(
  { folder, module, source, overlay }: OverlaidModule,
  build: (flags: readonly string[]) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), "wavehouse-go-"));
  try {
    const copy = join(scratch, "module");
    await cp(source, copy, { recursive: true });
    await makeWritable(copy);
    for (const [path, text] of overlay) await writeFile(join(copy, path), text);
    const mod = await readFile(join(folder, "go.mod"), "utf8");
    await writeFile(join(scratch, "go.mod"), `${mod}\nreplace ${module} => ${JSON.stringify(copy)}\n`);
    await cp(join(folder, "go.sum"), join(scratch, "go.sum"));
    return await build([`-modfile=${join(scratch, "go.mod")}`]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  const entries = await readdir(folder, { withFileTypes: true });
  await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return makeWritable(path);
      return entry.isFile() ? chmod(path, 0o644) : undefined;
    }),
  );
}
