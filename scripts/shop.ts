import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { generateShop } from "./shop/generate.ts";
import { parseShopCommand, shopHelp } from "./shop/options.ts";
import type { ShopOptions } from "./shop/plan.ts";
import { startPostgres } from "./shop/postgres.ts";

/** Writes a shop's scripts, piece by piece. */
async function writeScripts(folder: string, options: ShopOptions): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, pieces: Iterable<string>) =>
    pipeline(Readable.from(pieces), createWriteStream(join(folder, name)));
  const shop = generateShop(options);
  await write("load.sql", shop.load());
  for (const { name, pieces } of shop.days()) await write(name, pieces);
}

/** Serves until whoever started this closes its standard input, or goes. */
async function serve(): Promise<void> {
  const server = await startPostgres((line) => process.stderr.write(`${line}\n`));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void end());
  const end = async () => {
    await server.stop();
    process.exit(0);
  };
  process.stdin.resume().once("end", () => void end());
  process.stdout.write(`${JSON.stringify({ readerUrl: server.readerUrl, psql: server.psql })}\n`);
}

try {
  const asked = parseShopCommand(process.argv.slice(2));
  if (asked.command === "help") process.stdout.write(`${shopHelp}\n`);
  else if (asked.command === "serve") await serve();
  else await writeScripts(asked.folder, asked.options);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
