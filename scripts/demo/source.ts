import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { apiReachable } from "./api-server.ts";
import type { DemoOptions } from "./options.ts";

const realApi = "https://api.openbrewerydb.org/v1/breweries";

/** Where the demo's records come from. */
export interface Source {
  /** What it is told by from run to run: `api`, or the served file's content hash. */
  id: string;
  /** What it is called in a sentence. */
  name: string;
  /** The file whose records a loopback server serves; `undefined` when the real API answers. */
  file: string | undefined;
}

/**
 * Chooses the file that was asked for, else the real API where it answers, else the sample in the repository.
 *
 * @param options the demo's options
 * @param sample the sample's file
 * @throws UserError when the file that was asked for is not there
 */
export async function chooseSource(options: DemoOptions, sample: string): Promise<Source> {
  if (options.source !== undefined) {
    const file = resolve(process.env.INIT_CWD ?? process.cwd(), options.source);
    if (!existsSync(file)) throw new UserError(`--source ${options.source}: there is no such file`);
    return { id: contentHash(file), name: options.source, file };
  }
  if (await apiReachable(`${realApi}/meta`, 2_000)) return { id: "api", name: realApi, file: undefined };
  return { id: contentHash(sample), name: "the repository's sample", file: sample };
}

function contentHash(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16);
}
