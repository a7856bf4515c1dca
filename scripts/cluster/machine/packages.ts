import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runProcess } from "../../../actions/lib/adapters/process.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";

/** What must be on the machine, by the program (or file) that shows it, and Debian's package of it. */
const needed: readonly (readonly [program: string, debian: string])[] = [
  ["containerd", "containerd"],
  ["ctr", "containerd"],
  ["runc", "runc"],
  ["/usr/lib/cni/bridge", "containernetworking-plugins"],
  ["ip", "iproute2"],
  ["ss", "iproute2"],
  ["iptables", "iptables"],
  ["ipset", "ipset"],
  ["conntrack", "conntrack"],
  ["mount", "mount"],
  ["openssl", "openssl"],
  ["git", "git"],
  ["mmdebstrap", "mmdebstrap"],
  ["buildah", "buildah"],
];

/** The packages of which something is missing. */
export function missingPackages(has: (program: string) => boolean = isHere): string[] {
  return [...new Set(needed.filter(([program]) => !has(program)).map(([, debian]) => debian))];
}

/**
 * Installs what is missing, from Debian.
 *
 * @param log takes a line for what is installed
 * @throws UserError where there is no apt-get, or it fails
 */
export async function installPackages(log: (line: string) => void): Promise<void> {
  await installFromDebian(missingPackages(), log);
}

/**
 * Installs packages of Debian's.
 *
 * @param missing their names; nothing is done without any
 * @param log takes a line for what is installed
 * @throws UserError where there is no apt-get, or it fails
 */
export async function installFromDebian(
  missing: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  if (missing.length === 0) return;
  if (!isHere("apt-get")) {
    throw new UserError(
      `${missing.join(", ")} is missing, and there is no apt-get to install it with: install it yourself`,
    );
  }
  log(`installing ${missing.join(", ")} with apt-get`);
  const apt = async (...args: string[]): Promise<void> => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await runProcess({ file: "apt-get", args: ["--quiet", ...args], env, timeoutMs: 600_000 });
  };
  try {
    await apt("update");
    await apt("install", "--yes", "--no-install-recommends", ...missing);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new UserError(`apt-get cannot install ${missing.join(", ")}: ${said}`, { cause: error });
  }
}

/** root's PATH may lack the folders for administration. */
function isHere(program: string): boolean {
  if (program.startsWith("/")) return existsSync(program);
  const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
