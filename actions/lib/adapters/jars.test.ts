import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { JARS_FILE, parseJarsLock } from "../domain/jars-lock.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeProgram } from "../testing/write-program.ts";
import { prepareJars } from "./jars.ts";
import { findJava } from "./java.ts";

let javaHome: string;
let cacheDir: string;
let lockFile: string;
let lock: string;

beforeAll(async () => {
  javaHome = (await findJava(["17", "21"])).home;
  lock = await readFile(JARS_FILE, "utf8");
});

beforeEach(async () => {
  cacheDir = await temporaryFolder();
  lockFile = join(cacheDir, "jars.lock");
});

test("fetches exactly the locked jars, whose content is the locked one; then needs no Maven", {
  timeout: 120_000,
}, async () => {
  const folder = await prepareJars({ javaHome, cacheDir, lockFile: JARS_FILE });
  const jars = parseJarsLock(lock);
  expect((await readdir(folder)).sort()).toEqual(
    jars.map(({ artifact, version }) => `${artifact}-${version}.jar`).sort(),
  );
  for (const { artifact, version, sha256 } of jars) {
    const content = await readFile(join(folder, `${artifact}-${version}.jar`));
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
  }
  expect(await prepareJars({ javaHome, cacheDir, lockFile: JARS_FILE, env: { PATH: "" } })).toBe(folder);
});

test("refuses a jar that is not the locked one, and keeps nothing", async () => {
  await writeFile(lockFile, `${"0".repeat(64)}  io.delta:delta-storage:4.4.0\n`);
  const bin = join(cacheDir, "bin");
  await writeProgram(bin, "mvn", "mkdir jars && echo another >jars/delta-storage-4.4.0.jar");
  const env = { PATH: `${bin}:${process.env.PATH}` };
  await expect(prepareJars({ javaHome, cacheDir, lockFile, env })).rejects.toThrow(
    /io\.delta:delta-storage:4\.4\.0 has the SHA-256 [0-9a-f]{64}, and jars\.lock \(line 1\) pins 0{64}: it is not used\. Remove it from Maven's cache \(~\/\.m2\/repository\/io\/delta\/delta-storage\)/,
  );
  expect(await readdir(join(cacheDir, "jars"))).toEqual([]);
});

test("asks for a file of a version by its classifier, and names it so", async () => {
  const content = "the server\n";
  const sha256 = createHash("sha256").update(content).digest("hex");
  await writeFile(lockFile, `${sha256}  org.example:server:1.0:runner\n`);
  const bin = join(cacheDir, "bin");
  await writeProgram(
    bin,
    "mvn",
    "grep -q '<version>1.0</version><classifier>runner</classifier>' pom.xml && mkdir jars && echo 'the server' >jars/server-1.0-runner.jar",
  );
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const folder = await prepareJars({ javaHome, cacheDir, lockFile, env });
  expect(await readdir(folder)).toEqual(["server-1.0-runner.jar"]);
});

test("says to install Maven", async () => {
  await expect(prepareJars({ javaHome, cacheDir, lockFile: JARS_FILE, env: { PATH: "" } })).rejects.toThrow(
    /Maven \(mvn\) is needed to fetch delta-spark_4\.1_2\.13 and \d+ more, and is not on PATH\. Install Maven/,
  );
});

test("tells Maven's own reason, and that the network is needed", async () => {
  const bin = join(cacheDir, "bin");
  await writeProgram(bin, "mvn", "echo '[ERROR] Unknown host'; echo '[INFO] noise'; exit 1");
  await expect(prepareJars({ javaHome, cacheDir, lockFile: JARS_FILE, env: { PATH: bin } })).rejects.toThrow(
    /the first time this needs the network.*\n {2}\[ERROR\] Unknown host$/,
  );
});
