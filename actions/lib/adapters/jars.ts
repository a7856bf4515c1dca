import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { buildOnce, cacheRoot } from "kubeconform-wrapper";
import { type LockedJar, parseJarsLock } from "../domain/jars-lock.ts";
import { UserError } from "../domain/user-error.ts";
import { ProcessError, runProcess } from "./process.ts";

/** Newer ones may ask for a newer Maven. */
const pluginVersion = "3.8.1";

export interface JarsOptions {
  /** The lock file. */
  lockFile: string;
  /** The Java that Maven runs on. */
  javaHome: string;
  cacheDir?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Fetches the jars of `jars.lock` through Maven and its own settings, and checks each one's SHA-256. When they are
 * there already no process is started.
 *
 * @returns the folder that holds exactly these jars, each named `<artifact>-<version>[-<classifier>].jar`
 * @throws UserError without Maven, without the network on the first use, or when a checksum differs
 */
export async function prepareJars(options: JarsOptions): Promise<string> {
  const text = await readFile(options.lockFile, "utf8");
  const jars = parseJarsLock(text, relative(process.cwd(), options.lockFile));
  const key = jars.map(({ sha256, group, artifact, version, classifier }) =>
    [sha256, group, artifact, version, classifier].filter((part) => part !== undefined),
  );
  const target = join(
    options.cacheDir ?? cacheRoot(options.env),
    "jars",
    sha256Of(JSON.stringify(key)).slice(0, 16),
  );
  await buildOnce(target, async (folder) => {
    const fetching = join(folder, "maven");
    await mkdir(fetching);
    await writeFile(join(fetching, "pom.xml"), renderPom(jars));
    await copyWithMaven(fetching, jars, options);
    for (const jar of jars) await check(jar, join(fetching, "jars", fileName(jar)), options.lockFile);
    for (const jar of jars) await rename(join(fetching, "jars", fileName(jar)), join(folder, fileName(jar)));
    await rm(fetching, { recursive: true });
  });
  return target;
}

async function copyWithMaven(
  folder: string,
  jars: readonly LockedJar[],
  options: JarsOptions,
): Promise<void> {
  const goal = `org.apache.maven.plugins:maven-dependency-plugin:${pluginVersion}:copy-dependencies`;
  try {
    await runProcess({
      file: "mvn",
      args: ["--batch-mode", "--quiet", goal, `-DoutputDirectory=${join(folder, "jars")}`],
      cwd: folder,
      env: { ...options.env, JAVA_HOME: options.javaHome },
      timeoutMs: 10 * 60_000,
    });
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    const names = jars.map(({ artifact }) => artifact).join(", ");
    if (error.failure === "not-found") {
      throw new UserError(
        `Maven (mvn) is needed to fetch ${jars[0]?.artifact} and ${jars.length - 1} more, and is not on PATH. Install ` +
          "Maven 3.6.3 or later (Debian, Ubuntu: apt install maven; macOS: brew install maven).",
        { cause: error },
      );
    }
    const lines = error.stdout.split("\n").filter((line) => line.includes("ERROR"));
    const said = lines.slice(0, 4).join("\n  ") || error.message;
    throw new UserError(
      `Maven could not fetch ${names}; the first time this needs the network (a mirror: Maven's own settings hold):\n  ${said}`,
      { cause: error },
    );
  }
}

async function check(jar: LockedJar, path: string, lockFile: string): Promise<void> {
  const found = sha256Of(await readFile(path));
  if (found === jar.sha256) return;
  const coordinates = `${jar.group}:${jar.artifact}:${jar.version}`;
  throw new UserError(
    `${coordinates} has the SHA-256 ${found}, and ${basename(lockFile)} (line ${jar.line}) pins ${jar.sha256}: it is not used. ` +
      `Remove it from Maven's cache (~/.m2/repository/${jar.group.replaceAll(".", "/")}/${jar.artifact}) and try ` +
      "again; if it stays so, find out who changed it.",
  );
}

/** A project that wants these jars and nothing that they want: what else Spark needs it brings itself. */
function renderPom(jars: readonly LockedJar[]): string {
  const dependencies = jars.map(
    ({ group, artifact, version, classifier }) => `    <dependency>
      <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${classifier === undefined ? "" : `<classifier>${classifier}</classifier>`}
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.wavehouse</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
${dependencies.join("\n")}
  </dependencies>
</project>
`;
}

function fileName({ artifact, version, classifier }: LockedJar): string {
  return `${[artifact, version, classifier].filter((part) => part !== undefined).join("-")}.jar`;
}

function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
