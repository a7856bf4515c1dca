import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { startLoopbackRegistry } from "../../actions/lib/adapters/loopback-registry.ts";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { parseManifest } from "../../actions/lib/domain/stack-image.ts";
import { BUNDLE_TYPE } from "../../actions/lib/domain/statement.ts";
import { craneProgram } from "../../actions/lib/testing/crane-program.ts";
import { gitRepository } from "../../actions/lib/testing/git-repository.ts";
import { templateFiles } from "../../actions/lib/testing/template-files.ts";

/** Milliseconds after the first request could be sent. */
const KILLS = [5, 15, 30, 45, 60, 90, 120, 180];

async function push(root: string, registry: string, killAfterMs: number | undefined): Promise<void> {
  const program = join(import.meta.dirname, "push-once.ts");
  const child = spawn(process.execPath, [program, root, registry], { stdio: ["ignore", "pipe", "ignore"] });
  const end = new Promise<number | null>((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve) => {
    child.stdout.once("data", () => resolve());
    child.once("close", () => resolve());
  });
  child.stdout.resume();
  if (killAfterMs === undefined) return expect(await end).toBe(0);
  await setTimeout(killAfterMs);
  child.kill("SIGKILL");
  await end;
}

/** Every image that a tag names is whole, and everything that is said of it is there. @returns how many there are */
async function expectWhole(host: string): Promise<number> {
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`http://${host}/v2/${path}`)).json()) as T;
  const client = ociRegistry();
  let whole = 0;
  const { repositories } = await ask<{ repositories: string[] | null }>("_catalog?n=1000");
  for (const name of repositories ?? []) {
    const repository = `${host}/${name}`;
    const { tags = [] } = await ask<{ tags?: string[] }>(`${name}/tags/list`);
    for (const tag of tags.filter((one) => /^[0-9a-f]{16}$/.test(one))) {
      const digest = (await client.digest(`${repository}:${tag}`)) ?? "";
      const bytes = await client.manifest({ repository, digest });
      const manifest = parseManifest(bytes ?? new Uint8Array(), tag);
      if (Array.isArray(manifest)) throw new Error(`${repository}:${tag} is a list`);
      for (const blob of [manifest.config, ...manifest.layers]) {
        expect(await client.blob(repository, blob)).toHaveLength(blob.size);
      }
      // More, where an earlier try was killed between what it said and the tag.
      const said = await client.attached({ repository, digest }, BUNDLE_TYPE);
      expect(said.length).toBeGreaterThanOrEqual(3);
      whole++;
    }
  }
  return whole;
}

test("a push that is killed at any moment leaves no tag without all of its image; the next one goes on", {
  timeout: 120_000,
}, async () => {
  const template = Object.entries(await templateFiles());
  const files = template.filter(([path]) => /^pipelines\/(breweries|runtime)\//.test(path));
  const { root } = await gitRepository(
    Object.fromEntries(files.map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])),
  );
  const server = await startLoopbackRegistry({ program: await craneProgram(), port: 0 });
  try {
    for (const [round, kill] of KILLS.entries()) {
      await push(root, `${server.host}/round-${round % 2}`, kill);
      await expectWhole(server.host);
    }
    for (const round of [0, 1]) await push(root, `${server.host}/round-${round}`, undefined);
    expect(await expectWhole(server.host)).toBe(6);
  } finally {
    await server.stop();
  }
});
