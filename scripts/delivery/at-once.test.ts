import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import type { GitHubOptions } from "../../actions/lib/adapters/github-client.ts";
import {
  builtFrom,
  type DeliveredRepository,
  deliveredRepository,
} from "../../actions/lib/testing/delivered-repository.ts";
import { type Fault, startLoopbackGitHub } from "../../actions/lib/testing/loopback-github.ts";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { bareRepository, testGit } from "../../actions/lib/testing/test-git.ts";
import type { OneDelivery } from "./deliver-once.ts";

const DELIVERIES = 20;
const SEED = 20_261_121;
const shared = ["a", "b", "c", "d"];
const all = Array.from({ length: DELIVERIES }, (_, index) => index + 1);
const names = [...shared, ...all.map((number) => `own-${number}`)];

/** Mulberry32: the same numbers each time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The n-th delivery brings one or two images that others bring too, and one that nobody else does. */
function imagesOf(delivery: number): string[] {
  const first = shared[delivery % shared.length] ?? "";
  const second = shared[(delivery * 7 + 2) % shared.length] ?? "";
  return [...new Set([first, second, `own-${delivery}`])];
}

let program: string;

// Sixty processes would each read and translate two hundred modules.
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-deliver-"));
  program = join(folder, "deliver-once.js");
  await build({
    entryPoints: [join(import.meta.dirname, "deliver-once.ts")],
    outdir: folder,
    ...{
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node24",
      logLevel: "silent",
    },
    banner: {
      js: 'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);',
    },
  });
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  return () => rm(folder, { recursive: true, force: true });
});

/** @returns whether it came to its end by itself, and well */
async function deliverOnce(delivery: OneDelivery, killAfterMs: number | undefined): Promise<boolean> {
  const child = spawn(process.execPath, [program, JSON.stringify(delivery)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.resume();
  const end = new Promise<number | null>((resolve) => child.once("close", resolve));
  if (killAfterMs !== undefined)
    void setTimeout(killAfterMs, undefined, { ref: false }).then(() => child.kill("SIGKILL"));
  return (await end) === 0;
}

interface Chaos {
  at: DeliveredRepository;
  remote: string;
  random: () => number;
  github: GitHubOptions | undefined;
}

/** As a workflow does: a clone of its own, and once more from the beginning when the run died. */
async function deliver(
  number: number,
  { at, remote, random, github }: Chaos,
): Promise<{ kills: number; runs: number }> {
  let kills = 0;
  for (let runs = 1; runs <= 12; runs++) {
    const root = await temporaryFolder();
    await testGit(root)("clone", "--quiet", remote, root);
    const kill = kills < 2 && random() < 0.4 ? 300 + random() * 1_500 : undefined;
    const inputs = {
      environment: "local",
      images: imagesOf(number).map((name) => builtFrom(name, number)),
      sourceCommit: at.sources[number - 1],
      commit: true,
      pushBranch: "main",
      dryRun: false,
      committer: { name: "Bot", email: "bot@example.invalid" },
    };
    if (await deliverOnce({ root, inputs, github }, kill)) return { kills, runs };
    if (kill !== undefined) kills++;
  }
  throw new Error(`delivery ${number} did not come through`);
}

test.each(["GitHub", "plain Git"] as const)(
  `${DELIVERIES} deliveries at once through %s, with conflicts, 5xx, lost answers and kills: none is lost, none twice`,
  { timeout: 400_000 },
  async (through) => {
    const at = await deliveredRepository(["local"], names);
    for (let number = 1; number <= DELIVERIES; number++) await at.merge(`Change ${number}`);
    const remote = await bareRepository();
    await at.git("push", "--quiet", remote, "main");
    const start = await at.git("rev-parse", "HEAD");
    const random = randomNumbers(SEED);
    const faults: Fault[] = [502, 503, "no-answer", "answer-lost"];
    let injected = 0;
    const fault = (): Fault => {
      if (random() > 0.25) return undefined;
      injected++;
      return faults[Math.floor(random() * faults.length)];
    };
    const loopback = through === "GitHub" ? await startLoopbackGitHub(remote, { fault }) : undefined;
    // On a busy machine twenty clients wait longer for an honest answer than two seconds.
    const github = loopback && { ...loopback.options, timeoutMs: 6_000, retryMs: 100 };
    const chaos: Chaos = { at, remote, random, github };
    const ends = await Promise.all(all.map((number) => deliver(number, chaos)));
    await at.git("fetch", "--quiet", remote, "main");
    await at.git("reset", "--quiet", "--hard", "FETCH_HEAD");
    // The tree holds the newest of each image.
    const newest = names.map((name) => {
      return `${name}:t${all.findLast((number) => imagesOf(number).includes(name))}`;
    });
    expect(await at.tags("local")).toBe(newest.join(" "));
    // One line of commits, each of which moves something, none of which moves it back.
    expect(await at.git("rev-list", "--merges", `${start}..HEAD`)).toBe("");
    const log = await at.git("log", "--reverse", "--format=%b", `${start}..HEAD`);
    const moves = [...log.matchAll(/^([\w-]+): \S+ -> t(\d+)@/gm)].map(([, name = "", of]) => ({
      name,
      of: Number(of),
    }));
    for (const name of names) {
      const own = moves.filter((move) => move.name === name).map(({ of }) => of);
      expect(own).toEqual([...new Set(own)].sort((a, b) => a - b));
    }
    // Each delivery has an image of its own to bring, so each has made its one commit.
    const made = Number(await at.git("rev-list", "--count", `${start}..HEAD`));
    expect(made).toBe(DELIVERIES);
    const kills = ends.reduce((sum, end) => sum + end.kills, 0);
    console.log(
      `${through}: ${made} commits, ${kills} kills, ${injected} faults, ${ends.reduce((sum, end) => sum + end.runs, 0)} runs`,
    );
    expect(kills).toBeGreaterThan(0);
    expect(loopback === undefined || injected > 5).toBe(true);
    expect(loopback?.violations ?? []).toEqual([]);
  },
);
