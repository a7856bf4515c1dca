import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../domain/user-error.ts";
import type { ReportFiles } from "../ports/report-files.ts";

/**
 * @param folder where the files go; it is made when the first is written
 */
export function reportFolder(folder: string): ReportFiles {
  return {
    async write(name, text) {
      const path = join(resolve(folder), name);
      try {
        await mkdir(resolve(folder), { recursive: true });
        await writeFile(path, text);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new UserError(`the report ${path} cannot be written: ${why}`, { cause });
      }
      return path;
    },
  };
}
