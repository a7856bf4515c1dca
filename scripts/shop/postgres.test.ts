import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateShop } from "./generate.ts";
import { startPostgres } from "./postgres.ts";
import { TABLES } from "./tables.ts";

const shopScript = join(import.meta.dirname, "..", "shop.ts");

test("PostgreSQL takes the whole shop, its references hold, and the ingest's role may read it and no more", async () => {
  const server = await startPostgres();
  try {
    const shop = generateShop({ seed: 2, orders: 300, days: 40, played: 4, start: 19_783 });
    await server.run(shop.load());
    for (const { pieces } of shop.days()) await server.run(pieces);
    const counted = TABLES.map(({ name }) => `SELECT count(*) > 0 FROM shop.${name}`).join(" UNION ALL ");
    expect((await server.query(counted)).trim().split("\n")).toEqual(TABLES.map(() => "t"));
    const references = TABLES.flatMap((table) => Object.keys(table.references));
    const found = await server.query("SELECT count(*) FROM pg_constraint WHERE contype = 'f'");
    expect(found).toBe(`${references.length}\n`);
    const read = (sql: string) => asReader(server.psql[0], server.readerUrl, sql);
    expect(read("SELECT count(*) FROM shop.orders")).toBe("300\n");
    expect(() => read("DELETE FROM shop.refunds")).toThrow(/read-only transaction/);
    expect(() => read("SET TRANSACTION READ WRITE; DELETE FROM shop.refunds")).toThrow(/permission denied/);
    expect(() => read("CREATE TABLE public.mine (a int)")).toThrow(/read-only transaction|permission denied/);
    await expect(server.run(["SELECT 1 / 0;\n"])).rejects.toThrow(/psql: .*division by zero/s);
  } finally {
    await server.stop();
  }
});

test("the server and its folder are gone when who started it is killed", async () => {
  const child = spawn(process.execPath, [shopScript, "serve"], { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data) => resolve(String(data))),
  );
  const { psql } = JSON.parse(line) as { psql: string[] };
  const folder = psql[psql.indexOf("-h") + 1] ?? "";
  const pid = Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  child.kill("SIGKILL");
  await expect.poll(() => existsSync(`/proc/${pid}`) || existsSync(folder), { timeout: 10_000 }).toBe(false);
});

test("the command line writes the scripts that it says", () => {
  const folder = mkdtempSync(join(tmpdir(), "wavehouse-shop-"));
  execFileSync(process.execPath, [
    shopScript,
    "scripts",
    folder,
    "--orders",
    "50",
    "--days",
    "12",
    "--played",
    "2",
  ]);
  expect(readFileSync(join(folder, "load.sql"), "utf8")).toContain("COPY shop.orders (");
  expect(readFileSync(join(folder, "day-2024-02-21.sql"), "utf8")).toMatch(
    /^-- What happened on 2024-02-21\./,
  );
  expect(() =>
    execFileSync(process.execPath, [shopScript, "scripts", folder, "--start", "2023-02-29"], {
      stdio: "pipe",
    }),
  ).toThrow(/--start 2023-02-29: expected a day/);
});

function asReader(psql: string, url: string, sql: string): string {
  return execFileSync(psql, ["-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql, url], {
    encoding: "utf8",
    stdio: "pipe",
  });
}
