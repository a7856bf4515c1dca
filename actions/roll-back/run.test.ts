import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { RecordsPlace } from "../lib/ports/record-store.ts";
import { type DeliveredRepository, deliveredRepository } from "../lib/testing/delivered-repository.ts";
import { recordedDeliveries } from "../lib/testing/recorded-deliveries.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { bareRepository } from "../lib/testing/test-git.ts";
import { type Inputs, loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

const HOLDS = "overlays/local/cicd/holds.yaml";

async function place() {
  const at = await deliveredRepository(["local"]);
  const rollBack = (more: Partial<Inputs> = {}, records?: RecordsPlace): Promise<ActionResult> => {
    const committer = { name: "Bot", email: "bot@example.invalid" };
    const ports = connectDelivery({
      root: at.root,
      identity: committer,
      github: undefined,
      logger: silentLogger(),
    });
    const inputs = {
      environment: "local",
      to: undefined,
      lift: [],
      pushBranch: undefined,
      dryRun: false,
      committer,
    };
    return run({ ...inputs, ...more }, { ...ports, records });
  };
  const holds = (): string =>
    existsSync(join(at.root, HOLDS)) ? readFileSync(join(at.root, HOLDS), "utf8") : "";
  return { ...at, rollBack, holds };
}

/** Three sources, three bumps: both images, then `a` alone, then both. */
async function threeBumps(at: DeliveredRepository): Promise<string[]> {
  const bumps: string[] = [];
  for (const [of, names] of [
    [1, ["a", "b"]],
    [2, ["a"]],
    [3, ["a", "b"]],
  ] as const) {
    await at.merge(`Change ${of}`);
    bumps.push(await at.bump("local", of, names));
  }
  return bumps;
}

describe("run", () => {
  test("brings back what was there before the last bump, in one commit, and holds it", async () => {
    const at = await place();
    const [, second] = await threeBumps(at);
    const result = await at.rollBack();
    expect(await at.tags("local")).toBe("a:t2 b:t1");
    expect(result.outputs).toMatchObject({
      changed: "true",
      to: second,
      commit: await at.git("rev-parse", "HEAD"),
    });
    expect(await at.git("diff", "--name-only", "HEAD~")).toBe(`${HOLDS}\noverlays/local/kustomization.yaml`);
    expect(at.holds()).toContain(
      `  - image: a\n    newerThan: "${at.sources[2]}"\n  - image: b\n    newerThan: "${at.sources[2]}"`,
    );
    const message = await at.git("show", "--no-patch", "--format=%B");
    expect(message).toMatch(/^Roll back a and b in local\n\na: t3 -> t2@sha256:2+\nb: t3 -> t1@sha256:1+\n/);
    expect(message).toContain(
      `Wavehouse-Rolled-Back-To: ${second}\nWavehouse-Source-Commit: ${at.sources[1]}\nWavehouse-Image-Source: b ${at.sources[0]}`,
    );
    expect(result.summary).toContain(
      `a is held until it is built from a commit newer than ${at.sources[2]?.slice(0, 12)}`,
    );
    expect(await at.git("status", "--porcelain")).toBe("");
  });

  test("a second one goes further back, and the hold stays at the newest that was bad", async () => {
    const at = await place();
    const [first] = await threeBumps(at);
    await at.rollBack();
    const result = await at.rollBack();
    expect(result.outputs.to).toBe(first);
    expect(await at.tags("local")).toBe("a:t1 b:t1");
    expect(at.holds().match(/newerThan: "(\w+)"/g)).toEqual([
      `newerThan: "${at.sources[2]}"`,
      `newerThan: "${at.sources[2]}"`,
    ]);
    await expect(at.rollBack()).rejects.toThrow("local has no bump before its last one to go back to");
  });

  test("goes to any commit of the branch, and leaves alone what was not built then", async () => {
    const at = await place();
    await at.merge("One");
    await at.bump("local", 1, ["a"]);
    const wanted = await at.merge("Two");
    await at.bump("local", 2);
    const result = await at.rollBack({ to: wanted.slice(0, 10) });
    expect(await at.tags("local")).toBe("a:t1 b:t2");
    expect(result.summary).toContain(`b stays: it was not pinned at ${wanted.slice(0, 12)}.`);
    const again = await at.rollBack({ to: wanted });
    expect(again.outputs).toMatchObject({ changed: "false", commit: "" });
  });

  test("goes to what ran at a time, by the store of records, and by Git without one", async () => {
    const at = await place();
    const [first = "", second = ""] = await threeBumps(at);
    const { records, record } = await recordedDeliveries();
    await record(first, { time: "2025-06-01T00:00:00Z" });
    const recorded = await at.rollBack({ to: "2025-06-02T09:00+02:00", dryRun: true }, records);
    expect(recorded.outputs.to).toBe(first);
    expect(recorded.summary).toContain(
      `local ran ${first.slice(0, 12)} since 2025-06-01T00:00:00Z, by its record.`,
    );
    const result = await at.rollBack({ to: "2026-01-01T00:00:01Z" });
    expect(result.outputs.to).toBe(second);
    expect(result.summary).toContain(`local ran ${second.slice(0, 12)} since`);
    expect(result.summary).toContain("by Git: no store of records is named.");
    expect(await at.tags("local")).toBe("a:t2 b:t1");
    expect(at.holds()).toContain("image: b");
    await expect(at.rollBack({ to: "2025-01-01T00:00Z" })).rejects.toThrow(
      "Nothing had been delivered to local",
    );
    await expect(at.rollBack({ to: "2026-01-01T00:00:01" })).rejects.toThrow(
      "or a time with its zone, as 2026-11-20T12:00Z",
    );
  });

  test("lifts holds, some or all, in a commit", async () => {
    const at = await place();
    await threeBumps(at);
    await at.rollBack();
    await at.rollBack({ lift: ["a"] });
    expect(at.holds()).not.toContain("image: a");
    expect(at.holds()).toContain("image: b");
    await expect(at.rollBack({ lift: ["bb"] })).rejects.toThrow("bb is not held in local; held are b.");
    await at.rollBack({ lift: ["all"] });
    expect(at.holds()).toBe("");
    expect(await at.git("show", "--no-patch", "--format=%s")).toBe("Lift the hold on b in local");
    expect((await at.rollBack({ lift: ["all"] })).outputs.changed).toBe("false");
    // A commit that lifts is no bump: the way back is the same as before it.
    await at.rollBack();
    expect(await at.tags("local")).toBe("a:t1 b:t1");
  });

  test("a dry run shows it, and changes nothing", async () => {
    const at = await place();
    await threeBumps(at);
    const before = await at.git("rev-parse", "HEAD");
    const result = await at.rollBack({ dryRun: true });
    expect(result.summary).toContain("### Roll-back of local\n\n2 images would move.");
    expect(await at.git("rev-parse", "HEAD")).toBe(before);
    expect(await at.git("status", "--porcelain")).toBe("");
  });

  test("pushed onto a branch that has moved, it goes on top", async () => {
    const at = await place();
    const remote = await bareRepository();
    await at.git("remote", "add", "origin", remote);
    await threeBumps(at);
    const meanwhile = await at.merge("Meanwhile");
    await at.git("push", "--quiet", "origin", "main");
    await at.git("reset", "--quiet", "--hard", "HEAD~");
    await at.rollBack({ pushBranch: "main" });
    expect(await at.git("--git-dir", remote, "rev-parse", "main~")).toBe(meanwhile);
    expect(await at.tags("local")).toBe("a:t2 b:t1");
  });

  test.each<[string, Partial<Inputs>, string]>([
    ["an environment that is not there", { environment: "loca" }, "did you mean `local`?"],
    ["a commit that is not there", { to: "v1" }, '`to` is "v1", which is no commit of this branch'],
    ["nothing to go back to", {}, "local has no bump before its first one to go back to"],
  ])("refuses %s", async (_name, more, message) => {
    const failed = (await place()).rollBack(more);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(UserError);
  });

  test("refuses a commit of another branch", async () => {
    const at = await place();
    await threeBumps(at);
    await at.git("checkout", "--quiet", "-b", "side", "HEAD~");
    const side = await at.merge("Side");
    await at.git("checkout", "--quiet", "main");
    await expect(at.rollBack({ to: side })).rejects.toThrow("is no commit of this branch");
  });
});

test("loadInputs refuses to roll back and to lift at once", () => {
  const given: Record<string, string> = { environment: "local", to: "abc", lift: "a", "dry-run": "false" };
  expect(() => loadInputs((name) => given[name] ?? "x")).toThrow("`to` and `lift` are both given");
});
