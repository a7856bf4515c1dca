import { parseArgs } from "node:util";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/** What `npm run demo -- ecommerce` was asked to do. */
export interface EcommerceOptions {
  orders: number;
  /** Days that are loaded one by one, after all before them at once. */
  days: number;
  help: boolean;
}

export const ecommerceHelp = `npm run demo -- ecommerce [options]

Starts a PostgreSQL of its own on loopback, fills it with a shop, and takes the shop through the pipeline's real steps:
raw, silver with personal data masked, quality, and the four marts; first all there is, then day by day, as the shop
goes on. Draws sales by day and how customers come back. No Docker, no cluster, no account.

  --orders N    orders of the shop (default 2000; an order has about two and a half items)
  --days N      days that are played and loaded one by one (default 1)
  -h, --help    this page

Time: about three minutes, and what has to be downloaded the first time.`;

/**
 * @param argv the arguments after `ecommerce`
 * @throws UserError on what is not understood
 */
export function parseEcommerceOptions(argv: readonly string[]): EcommerceOptions {
  const { values } = parse(argv);
  return {
    orders: whole("--orders", values.orders, 50, 2_000_000),
    days: whole("--days", values.days, 0, 60),
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        orders: { type: "string", default: "2000" },
        days: { type: "string", default: "1" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new UserError(`${problem}; see npm run demo -- ecommerce --help`, { cause: error });
  }
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UserError(`${flag} ${text}: expected a whole number from ${least} to ${most}`);
}
