import { parseArgs } from "node:util";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { loopTools, testTools } from "./setup/go.ts";
import { prepare } from "./setup/prepare.ts";

const help = `npm run setup [-- --loop]

Prepares all that the other commands need, once, outside the checkout: the pinned tools (built from their Go modules),
the manifests' schemas, the Python environment, the jars; finds Java; checks that their versions can work together.
The other commands do this by themselves: setup is for doing it beforehand, on a fast line.

  --loop   only what the demo needs, without the tools of the tests
  --help   this text

Needs Go 1.26, Python 3.11 with venv, Java 17 or 21, and Maven 3.6.3, or later ones.
Everything lies below $WAVEHOUSE_CACHE, else $XDG_CACHE_HOME/wavehouse, else ~/.cache/wavehouse; it can be deleted.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: "boolean" }, loop: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const started = performance.now();
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  const ready = await prepare(values.loop ? loopTools : [...loopTools, ...testTools], out);
  const seconds = (performance.now() - started) / 1000;
  out(`ready after ${seconds.toFixed(1)} s:`);
  const places: [string, string][] = [
    ...Object.entries(ready.tools),
    ["schemas", ready.schemas],
    ["python", ready.python.python],
    ["jars", ready.jars],
    ["java", `${ready.java.home} (${ready.java.version})`],
  ];
  for (const [name, place] of places) out(`  ${name.padEnd(12)}${place}`);
}

/** Tells a fault without a stack trace, and a bug with one. */
function fail(error: unknown): void {
  const isFault =
    error instanceof UserError ||
    (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  process.stderr.write(
    `setup: ${isFault ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}

if (import.meta.main) await main().catch(fail);
