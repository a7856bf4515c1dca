import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Bundles, bundleActions, compareBundles, writeBundles } from "./build/bundle-actions.ts";

const help = `Usage: npm run build [-- --check]

Bundles the actions into actions/dist, which is committed: GitHub's runner installs nothing.

  --check   write nothing; fail when actions/dist is not what the sources give
  --help    show this`;

const root = join(import.meta.dirname, "..");

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) return console.log(help);
  const dist = join(root, "actions/dist");
  const bundles = await bundleActions(root);
  if (!values.check) {
    await writeBundles(bundles, dist);
    return console.log(describe(bundles));
  }
  const differences = await compareBundles(bundles, dist);
  if (differences.length === 0) return console.log("actions/dist is what the sources give");
  for (const difference of differences) console.error(`actions/dist/${difference}`);
  console.error("Run `npm run build` and commit actions/dist.");
  process.exitCode = 1;
}

function describe(bundles: Bundles): string {
  const sizes = [...bundles].map(
    ([path, bytes]) => `${kilobytes(bytes.length).padStart(9)}  actions/dist/${path}`,
  );
  const total = [...bundles.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  return [...sizes, `${kilobytes(total).padStart(9)}  in all`].join("\n");
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

if (import.meta.main) await main();
