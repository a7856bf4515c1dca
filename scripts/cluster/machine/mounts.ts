import { readFileSync } from "node:fs";
import { runProcess } from "../../../actions/lib/adapters/process.ts";

/**
 * The mounts in some folders, the deepest first.
 *
 * @param text `/proc/self/mountinfo`
 * @param folders absolute paths
 */
export function mountsUnder(text: string, folders: readonly string[]): string[] {
  return text
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, code) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    )
    .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)))
    .reverse();
}

/**
 * Unmounts everything in some folders.
 *
 * @throws Error when something stays: the folders must not be removed then
 */
export async function unmountUnder(folders: readonly string[]): Promise<void> {
  const read = (): string[] => mountsUnder(readFileSync("/proc/self/mountinfo", "utf8"), folders);
  for (const path of read()) {
    // Lazily where it is still used: the processes that use it are ended.
    await runProcess({ file: "umount", args: ["--lazy", path] }).catch(() => undefined);
  }
  const left = read();
  if (left.length > 0) throw new Error(`still mounted: ${left.slice(0, 10).join(", ")}`);
}
