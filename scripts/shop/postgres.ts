import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { cacheRoot } from "kubeconform-wrapper";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { installFromDebian } from "../cluster/machine/packages.ts";

/** Where Debian puts each version's programs. */
const DEBIAN = "/usr/lib/postgresql";
const DATABASE = "shop";
const READER = "shop_reader";

/** A PostgreSQL server of one's own, on loopback, with an empty database for a shop. */
export interface PostgresServer {
  /** Address for an ingest: a role that may read the shop's tables and nothing else. */
  readerUrl: string;
  /** `psql` as the database's owner, ready to be given `-f` or `-c`. */
  psql: readonly [program: string, ...args: string[]];
  /** Runs statements as the database's owner, as they come. Throws UserError with what psql says. */
  run: (pieces: Iterable<string>) => Promise<void>;
  /** @returns what a query gives, as psql prints it: a line a row, values parted by `|` */
  query: (sql: string) => Promise<string>;
  stop: () => Promise<void>;
}

/** Who the server runs as: PostgreSQL refuses to run as root. */
interface Owner {
  uid: number;
  gid: number;
}

/**
 * Starts a server in a folder of its own. It ends, and the folder goes, when `stop` is called or this process ends,
 * however it ends.
 *
 * @param log takes a line for what takes long
 * @throws UserError where PostgreSQL is missing and cannot be installed, or does not start
 */
export async function startPostgres(log: (line: string) => void = () => {}): Promise<PostgresServer> {
  const programs = await findPrograms(log);
  const owner = findOwner();
  const template = await prepareTemplate(programs, owner);
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-pg-"));
  const data = join(folder, "data");
  await cp(template, data, { recursive: true });
  await chownTree(folder, owner);
  await chmod(data, 0o700);
  const port = await freePort();
  const server = spawnServer(programs, folder, port, owner);
  const stop = (): Promise<void> => end(server.process);
  try {
    const psql = (database: string) =>
      [join(programs, "psql"), ...connection(folder, port), "-d", database] as const;
    await untilReady(() => runPsql(psql("postgres"), [], ["-c", "SELECT 1"]), server);
    const password = randomBytes(16).toString("hex");
    await runPsql(psql("postgres"), [`CREATE DATABASE ${DATABASE};\n`]);
    await runPsql(psql(DATABASE), [createReader(password)]);
    return {
      readerUrl: `postgresql://${READER}:${password}@127.0.0.1:${port}/${DATABASE}`,
      psql: psql(DATABASE),
      run: async (pieces) => void (await runPsql(psql(DATABASE), pieces)),
      query: (sql) => runPsql(psql(DATABASE), [], ["-At", "-c", sql]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns the folder of the newest PostgreSQL's programs; installs Debian's where there is none */
async function findPrograms(log: (line: string) => void): Promise<string> {
  const found = newestPrograms();
  if (found !== undefined) return found;
  await installFromDebian(["postgresql"], log);
  const installed = newestPrograms();
  if (installed === undefined) {
    throw new UserError(
      `postgresql was installed, and ${DEBIAN}/*/bin has no initdb: install PostgreSQL 13 or newer`,
    );
  }
  return installed;
}

function newestPrograms(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(DEBIAN, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
}

/** @returns the user to run as; `undefined` where this process is not root and may run it itself */
function findOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = new Map(
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([name = "", , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  const owner = users.get("postgres") ?? users.get("nobody");
  if (owner === undefined)
    throw new UserError("PostgreSQL must not run as root: make a user called postgres");
  return owner;
}

/** An empty cluster, made once for each version and copied for each server. */
async function prepareTemplate(programs: string, owner: Owner | undefined): Promise<string> {
  const template = join(cacheRoot(), "postgres", `${programs.split("/").at(-2)}-1`);
  if (existsSync(template)) return template;
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-initdb-"));
  try {
    await chownTree(folder, owner);
    const made = join(folder, "data");
    const args = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
    await runProgram(join(programs, "initdb"), [...args, "--wal-segsize=1", `--pgdata=${made}`], { owner });
    // The socket lies in a folder that only the owner may enter; whoever comes by the network needs a password.
    await writeFile(
      join(made, "pg_hba.conf"),
      "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
    );
    await mkdir(join(cacheRoot(), "postgres"), { recursive: true });
    const copied = `${template}.${process.pid}`;
    await cp(made, copied, { recursive: true });
    // Whoever was quicker made the same.
    await rename(copied, template).catch(() => rm(copied, { recursive: true, force: true }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return template;
}

interface Server {
  process: ChildProcess;
  said: () => string;
}

/** Under a shell that waits for this process's end of a pipe to close: the kernel closes it whatever happens to us. */
function spawnServer(programs: string, folder: string, port: number, owner: Owner | undefined): Server {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    max_connections: "40",
    shared_buffers: "256MB",
    max_wal_size: "1GB",
    // Nothing here must outlive the machine.
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const watch = '"$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server; cd /; rm -rf "$0"';
  const args = [
    "-c",
    watch,
    folder,
    join(programs, "postgres"),
    "-D",
    join(folder, "data"),
    "-p",
    String(port),
  ];
  const child = spawn("/bin/sh", [...args, ...options], {
    ...owner,
    cwd: folder,
    detached: true, // Ctrl-C is for us: we end it
    env: { PATH: process.env.PATH, LANG: "C.UTF-8" },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-4_000);
  });
  return { process: child, said: () => text };
}

async function untilReady(ask: () => Promise<string>, server: Server): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline || server.process.exitCode !== null) {
        throw new UserError(`PostgreSQL did not start; it said:\n${server.said()}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdin?.end();
  await ended;
}

/** The ingest's role: it reads, and no statement of its takes for ever. Tables that come later are its to read too. */
function createReader(password: string): string {
  return `
CREATE SCHEMA shop;
CREATE ROLE ${READER} LOGIN PASSWORD '${password}';
ALTER ROLE ${READER} SET default_transaction_read_only = on;
ALTER ROLE ${READER} SET statement_timeout = '10min';
REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE ${DATABASE} TO ${READER};
GRANT USAGE ON SCHEMA shop TO ${READER};
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO ${READER};
`;
}

function connection(folder: string, port: number): string[] {
  return ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder, "-p", String(port), "-U", "postgres"];
}

async function runPsql(
  [program, ...args]: readonly [string, ...string[]],
  pieces: Iterable<string>,
  more: readonly string[] = ["-f", "-"],
): Promise<string> {
  try {
    return await runProgram(program, [...args, ...more], { input: pieces });
  } catch (error) {
    throw new UserError(`psql: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function runProgram(
  program: string,
  args: readonly string[],
  { owner, input = [] }: { owner?: Owner | undefined; input?: Iterable<string> },
): Promise<string> {
  const child = spawn(program, args, {
    ...owner,
    cwd: "/",
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", PGCLIENTENCODING: "UTF8" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const [out, said] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString("utf8");
  });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A program that ends early closes the pipe; what it says on its way out tells more.
  const fed = pipeline(Readable.from(input), child.stdin).catch(() => undefined);
  const code = await closed;
  await fed;
  if (code !== 0) throw new Error(said?.().trim() || `${program} ended with ${code}`);
  return out?.() ?? "";
}

async function chownTree(folder: string, owner: Owner | undefined): Promise<void> {
  if (owner === undefined) return;
  await chown(folder, owner.uid, owner.gid);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    await chown(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
