import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { runEcommerceDemo } from "./demo/ecommerce.ts";
import { ecommerceHelp, parseEcommerceOptions } from "./demo/ecommerce-options.ts";
import { runDemo } from "./demo/loop.ts";
import { demoHelp, parseDemoOptions } from "./demo/options.ts";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  const [which, ...rest] = process.argv.slice(2);
  await (which === "ecommerce" ? startEcommerce(rest) : startBreweries(process.argv.slice(2)));
} catch (error) {
  // A mistake of the user's has no stack trace; a bug has one.
  const text =
    error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nerror: ${text}\n`);
  process.exitCode = 1;
}

async function startEcommerce(argv: readonly string[]): Promise<void> {
  const options = parseEcommerceOptions(argv);
  if (options.help) process.stdout.write(`${ecommerceHelp}\n`);
  else await runEcommerceDemo(checkout, options);
}

async function startBreweries(argv: readonly string[]): Promise<void> {
  const options = parseDemoOptions(argv);
  if (options.help) process.stdout.write(`${demoHelp}\n`);
  else await runDemo(checkout, options);
}
