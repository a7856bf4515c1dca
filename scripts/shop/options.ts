import { parseArgs } from "node:util";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { parseDay } from "./calendar.ts";
import type { ShopOptions } from "./plan.ts";

export const shopHelp = `Usage: node scripts/shop.ts COMMAND [options]

  scripts DIR   writes the shop's scripts for psql into DIR: load.sql, and day-YYYY-MM-DD.sql for each played day
  serve         starts a PostgreSQL of its own on loopback with an empty database for the shop, prints a line of JSON
                (readerUrl, psql), and ends it when its standard input ends

  --seed N      default 1; the same options give the same bytes
  --orders N    orders over all days (default 2000); an order has about two and a half items
  --days N      days of the shop's life (default 60)
  --played N    the last days, each in a script of its own (default 30)
  --start DAY   first day (default 2024-02-10)
  --help        this page`;

/** What the command line asks for. */
export type ShopCommand =
  | { command: "help" }
  | { command: "serve" }
  | { command: "scripts"; folder: string; options: ShopOptions };

/**
 * @param argv the arguments after the script's name
 * @throws UserError on what is not understood
 */
export function parseShopCommand(argv: readonly string[]): ShopCommand {
  const { values, positionals } = parse(argv);
  const [command, folder, ...rest] = positionals;
  if (values.help || command === undefined) return { command: "help" };
  if (command === "serve" && folder === undefined) return { command };
  if (command !== "scripts" || folder === undefined || rest.length > 0) {
    throw new UserError(`${positionals.join(" ")}: expected \`scripts DIR\` or \`serve\`; see --help`);
  }
  const days = whole("--days", values.days, 2, 3_660);
  const options: ShopOptions = {
    seed: whole("--seed", values.seed, 0, 2 ** 31 - 1),
    orders: whole("--orders", values.orders, 1, 20_000_000),
    days,
    played: whole("--played", values.played, 1, days - 1),
    start: day("--start", values.start),
  };
  return { command, folder, options };
}

function parse(argv: readonly string[]) {
  const text = (value: string) => ({ type: "string", default: value }) as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        seed: text("1"),
        orders: text("2000"),
        days: text("60"),
        played: text("30"),
        start: text("2024-02-10"),
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${problem}; see --help`, { cause: error });
  }
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UserError(`${flag} ${text}: expected a whole number from ${least} to ${most}`);
}

function day(flag: string, text: string): number {
  const found = parseDay(text);
  if (found === undefined) throw new UserError(`${flag} ${text}: expected a day, YYYY-MM-DD`);
  return found;
}
