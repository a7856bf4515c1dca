import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLoopbackRegistry } from "../../actions/lib/adapters/loopback-registry.ts";
import { startForge } from "../workflows/act.ts";
import type { Figure } from "./render-figures.ts";

const SQL = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const rounds = 3;

/**
 * Measures `deliver.yml` under act, from a merge to the bump's commit: all of its steps, with warm caches.
 *
 * @param crane the registry's program
 */
export async function benchDelivery(crane: string): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-bench-"));
  const server = await startLoopbackRegistry({ program: crane, port: 0 });
  try {
    const forge = await startForge(folder);
    const variables = {
      WAVEHOUSE_REGISTRY: `localhost:${server.port}`,
      WAVEHOUSE_SIGN: "none",
      // They are built once for all; looking them up is two requests.
      WAVEHOUSE_BUILD_BASES: "false",
    };
    const seconds: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const file = join(forge.clone, SQL);
      await writeFile(file, `${await readFile(file, "utf8")}-- Round ${round}.\n`);
      await forge.git("commit", "--quiet", "--all", `--message=Round ${round}`);
      await forge.git("push", "--quiet", "origin", "main");
      const merged = await forge.git("rev-parse", "HEAD");
      const start = performance.now();
      const { exitCode, log } = await forge.run("deliver.yml", "push", { variables });
      const took = (performance.now() - start) / 1000;
      await forge.git("pull", "--quiet", "--ff-only", "origin", "main");
      if (exitCode !== 0 || (await forge.git("rev-parse", "HEAD")) === merged)
        throw new Error(`the delivery made no commit:\n${log.slice(-4_000)}`);
      // The first validates all, as a repository does that was never delivered.
      if (round > 0) seconds.push(took);
    }
    const value = seconds.sort((a, b) => a - b)[seconds.length >> 1] ?? Number.NaN;
    return [
      {
        name: "merge to the bump's commit, every step of deliver.yml under act",
        value,
        unit: "s",
        bound: 10,
      },
    ];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
