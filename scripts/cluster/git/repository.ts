import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runProcess } from "../../../actions/lib/adapters/process.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Makes the bare repository that Argo CD reads, with a hook that tells the Git server of each push. One that is
 * there keeps its commits.
 *
 * @param folder the repository's folder; who may write there may push
 * @param notify the socket that the Git server listens on for the hook
 */
export async function makeRepository(folder: string, notify: string): Promise<void> {
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    const fresh = `${folder}.new`;
    await runProcess({ file: "git", args: ["init", "--quiet", "--bare", "--initial-branch=main", fresh] });
    renameSync(fresh, folder);
  }
  const program = join(import.meta.dirname, "post-receive.ts");
  const hook = join(folder, "hooks", "post-receive");
  writeFileSync(hook, `#!/bin/sh\nexec ${[process.execPath, program, notify].map(quoted).join(" ")}\n`);
  chmodSync(hook, 0o755);
}
