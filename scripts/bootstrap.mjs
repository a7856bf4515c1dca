// Runs before every npm script that needs dependencies, on whatever Node the machine has, so that a fresh
// clone needs no `npm ci` by hand. Plain JavaScript and no imports but Node's own: nothing is installed yet.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".wavehouse-lock");
const want = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== want) {
  process.stderr.write("bootstrap: installing Node packages (npm ci), about 20 s the first time\n");
  // The `node` package's postinstall puts Node 24 into node_modules/.bin; npm scripts then run on it.
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  writeFileSync(stamp, want);
}
