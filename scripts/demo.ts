import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { runDemo } from "./demo/loop.ts";
import { demoHelp, parseDemoOptions } from "./demo/options.ts";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(`${demoHelp}\n`);
  else await runDemo(checkout, options);
} catch (error) {
  // A mistake of the user's has no stack trace; a bug has one.
  const text =
    error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nerror: ${text}\n`);
  process.exitCode = 1;
}
