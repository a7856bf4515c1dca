import { execFile } from "node:child_process";
import { readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../domain/user-error.ts";

const run = promisify(execFile);

/** A Java that was found. */
export interface Java {
  /** What `JAVA_HOME` should be. */
  home: string;
  /** Its full version, `17.0.15`. */
  version: string;
}

/** Where Linux, macOS and SDKMAN put their Javas, each folder with one folder per Java. */
const installFolders = [
  "/usr/lib/jvm",
  "/Library/Java/JavaVirtualMachines",
  join(homedir(), ".sdkman/candidates/java"),
] as const;

/**
 * Finds a Java that Spark runs on: `JAVA_HOME`, then PATH, then where the system installs them.
 *
 * @param accepted major versions, oldest first (see `javaVersions`)
 * @param options `folders`: where Javas are installed, for tests
 * @returns the first that fits
 * @throws UserError that names what was found, and what to install
 */
export async function findJava(
  accepted: readonly string[],
  options: { env?: NodeJS.ProcessEnv; folders?: readonly string[] } = {},
): Promise<Java> {
  const env = options.env ?? process.env;
  const others = new Map<string, string>();
  for (const home of await candidates(env, options.folders ?? installFolders)) {
    const java = await identify(home);
    if (java === undefined || others.has(java.home)) continue;
    if (accepted.includes(majorOf(java.version))) return java;
    others.set(java.home, java.version);
  }
  const found = [...others].map(([home, version]) => `${version} in ${home}`).join(", ");
  throw new UserError(
    `Spark needs Java ${accepted.join(" or ")}, and ${found === "" ? "there is none" : `there is only ${found}`}. ` +
      `Install one (Debian, Ubuntu: apt install openjdk-${accepted[0]}-jre-headless; macOS: brew install ` +
      `openjdk@${accepted[0]}), or set JAVA_HOME to where it is.`,
  );
}

/** The homes to look at, those that a person chose first. */
async function candidates(env: NodeJS.ProcessEnv, folders: readonly string[]): Promise<string[]> {
  const homes = env.JAVA_HOME ? [env.JAVA_HOME] : [];
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const java = await realpath(join(folder, "java")).catch(() => undefined);
    if (folder !== "" && java !== undefined) homes.push(dirname(dirname(java)));
  }
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    homes.push(
      ...names.sort().flatMap((name) => [join(folder, name), join(folder, name, "Contents", "Home")]),
    );
  }
  return homes;
}

/** Reads a Java's version: from its `release` file, which costs nothing, else by asking it. */
async function identify(home: string): Promise<Java | undefined> {
  const program = await realpath(join(home, "bin", "java")).catch(() => undefined);
  if (program === undefined) return undefined;
  const resolved = dirname(dirname(program));
  const release = await readFile(join(resolved, "release"), "utf8").catch(() => "");
  const told = /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1];
  if (told !== undefined) return { home: resolved, version: told };
  const asked = await run(program, ["-XshowSettings:properties", "-version"], { timeout: 10_000 }).catch(
    () => undefined,
  );
  const version = /java\.version = (\S+)/.exec(asked?.stderr ?? "")?.[1];
  const ownHome = /java\.home = (.+)/.exec(asked?.stderr ?? "")?.[1]?.trim();
  return version === undefined ? undefined : { home: ownHome ?? resolved, version };
}

function majorOf(version: string): string {
  const [first = "", second = ""] = version.split(/[._+-]/);
  return first === "1" ? second : first;
}
