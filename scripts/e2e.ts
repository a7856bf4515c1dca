import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { clusterPlaces } from "./cluster/places.ts";
import { up } from "./cluster/up.ts";
import { Checks } from "./e2e/checks.ts";
import { clusterOptions } from "./e2e/environment.ts";
import { type E2eOptions, e2eHelp, groups, parseE2eOptions } from "./e2e/options.ts";
import { runGroups } from "./e2e/run-groups.ts";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const options = parseE2eOptions(process.argv.slice(2));
  if (options.help) return print(e2eHelp);
  const missing = whatIsMissing();
  if (missing !== undefined) {
    print(`The end-to-end run was skipped: ${missing}. Nothing of it counts as passed.`);
    return print("0 passed, 0 failed");
  }
  if (options.dryRun) return showPlan(options);
  const checks = new Checks(print);
  await runGroups(options, checks, clusterPlaces(), mkdtempSync(join(tmpdir(), "wavehouse-e2e-")));
  const failed = checks.failed.length;
  print(`${checks.outcomes.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

async function showPlan({ only, reuse }: E2eOptions): Promise<void> {
  if (!reuse) await up(clusterPlaces(), clusterOptions("up", "--dry-run"));
  for (const group of only) print(`would check  ${group.padEnd(10)} ${groups[group]}`);
}

/** What a cluster on this machine would need and is not here. */
function whatIsMissing(): string | undefined {
  if (process.platform !== "linux")
    return `a cluster of its own needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "a cluster of its own needs root (sudo npm run e2e)";
  const lacking = Object.entries(capabilities).filter(([, bit]) => !hasCapability(bit));
  if (lacking.length > 0) {
    const names = lacking.map(([name]) => name).join(" and ");
    return `a cluster of its own needs ${names}, which this container's root has not`;
  }
  return undefined;
}

/** Linux's numbers (capability.h): to mount, and to make a bridge. */
const capabilities = { CAP_SYS_ADMIN: 21n, CAP_NET_ADMIN: 12n } as const;

function hasCapability(bit: bigint): boolean {
  const [, effective = "0"] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
}

try {
  await main();
} catch (error) {
  const text =
    error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\nerror: ${text}\n`);
  print("0 passed, 1 failed");
  process.exitCode = 1;
}
