import { describe, expect, test } from "vitest";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import { formatHolds } from "../lib/domain/holds.ts";
import type { RecordsPlace } from "../lib/ports/record-store.ts";
import { builtFrom, deliveredRepository } from "../lib/testing/delivered-repository.ts";
import { recordedDeliveries } from "../lib/testing/recorded-deliveries.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { type Inputs, loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

async function place() {
  const at = await deliveredRepository(["dev", "prod"]);
  for (const subject of ["One", "Two", "Three"]) await at.merge(subject);
  const promote = (more: Partial<Inputs> = {}, records?: RecordsPlace): Promise<ActionResult> => {
    const committer = { name: "Bot", email: "bot@example.invalid" };
    const ports = connectDelivery({
      root: at.root,
      identity: committer,
      github: undefined,
      logger: silentLogger(),
    });
    const inputs = {
      ...{ from: "dev", to: "prod", images: [], pushBranch: undefined, dryRun: false, committer },
      unproved: true,
    };
    return run({ ...inputs, ...more }, { ...ports, records });
  };
  return { ...at, promote };
}

describe("run", () => {
  test("copies exactly what the one environment runs, each image with its source", async () => {
    const at = await place();
    await at.bump("dev", 1);
    await at.bump("dev", 2, ["b"]);
    const result = await at.promote();
    expect(await at.tags("prod")).toBe("a:t1 b:t2");
    const overlay = await at.git("show", "HEAD:overlays/prod/kustomization.yaml");
    expect(overlay).toContain(
      `newTag: t2\n    newName: localhost:5001/b\n    digest: ${builtFrom("b", 2).digest}`,
    );
    expect(await at.git("show", "--no-patch", "--format=%B")).toContain(`Promote a and b from dev to prod

a: unbuilt -> t1@${builtFrom("a", 1).digest}
b: unbuilt -> t2@${builtFrom("b", 2).digest}

Wavehouse-Environment: prod
Wavehouse-Promoted-From: dev
Wavehouse-Source-Commit: ${at.sources[1]}
Wavehouse-Image-Source: a ${at.sources[0]}
Wavehouse-Source-Author: Test <test@example.invalid>
`);
    expect(result.outputs).toMatchObject({ changed: "true", commit: await at.git("rev-parse", "HEAD") });
    expect((await at.promote()).outputs).toMatchObject({ changed: "false", commit: "" });
  });

  test("shows the difference alone, of the chosen images alone", async () => {
    const at = await place();
    await at.bump("dev", 1);
    const shown = await at.promote({ dryRun: true, images: ["b"] });
    expect(shown.summary).toContain("### Promotion from dev of prod\n\n1 image would move.");
    expect(shown.summary).toContain("+    newTag: t1\n");
    expect(await at.tags("prod")).toBe("a:unbuilt b:unbuilt");
    await at.promote({ images: ["b"] });
    expect(await at.tags("prod")).toBe("a:unbuilt b:t1");
  });

  test("takes what the one environment ran at a time, and no more than was bumped until then", async () => {
    const at = await place();
    const first = await at.bump("dev", 1);
    await at.bump("dev", 2);
    const { records, record } = await recordedDeliveries();
    await record(first, { environment: "dev", time: "2025-06-01T00:00:00Z" });
    const noon = Date.parse("2025-06-01T12:00Z");
    const result = await at.promote({ at: noon }, records);
    expect(await at.tags("prod")).toBe("a:t1 b:t1");
    expect(result.summary).toContain(
      `dev ran ${first.slice(0, 12)} since 2025-06-01T00:00:00Z, by its record.`,
    );
    expect(await at.git("show", "--no-patch", "--format=%B")).toContain(
      `Wavehouse-Source-Commit: ${at.sources[0]}\n`,
    );
    const byGit = await at.promote({ at: Date.parse("2026-01-01T00:00:01Z") });
    expect(byGit.summary).toContain("by Git: no store of records is named.");
    expect(await at.tags("prod")).toBe("a:t2 b:t2");
    await expect(at.promote({ at: noon }, records)).rejects.toThrow("a: prod is ahead");
  });

  test("an image that was not built in the one environment stays, and is named", async () => {
    const at = await place();
    await at.bump("dev", 1, ["a"]);
    const result = await at.promote();
    expect(await at.tags("prod")).toBe("a:t1 b:unbuilt");
    expect(result.summary).toContain("b is not part of it: dev does not pin it by tag and digest.");
  });

  test("refuses all of it when the other environment is ahead with one image", async () => {
    const at = await place();
    await at.bump("dev", 2);
    await at.bump("prod", 3, ["b"]);
    await expect(at.promote()).rejects.toThrow(
      "Nothing was promoted to prod:\nb: prod is ahead; what it runs was built from",
    );
    expect(await at.tags("prod")).toBe("a:unbuilt b:t3");
    await at.promote({ images: ["a"] });
    expect(await at.tags("prod")).toBe("a:t2 b:t3");
  });

  test("refuses what no bump put there, on either side", async () => {
    const at = await place();
    await at.bump("dev", 1);
    await at.bump("prod", 1, ["a"]);
    await at.bump("dev", 2);
    const path = "overlays/prod/kustomization.yaml";
    const prod = await at.git("show", `HEAD:${path}`);
    await at.write(path, prod.replace(/1{64}/, "f".repeat(64)));
    await at.git("commit", "--quiet", "--all", "--message=By hand");
    await expect(at.promote()).rejects.toThrow(
      "a: nothing tells what prod runs now was built from; somebody edited",
    );
    await at.git("revert", "--no-edit", "HEAD");
    const dev = "overlays/dev/kustomization.yaml";
    await at.write(dev, (await at.git("show", `HEAD:${dev}`)).replace(/2{64}/, "e".repeat(64)));
    await expect(at.promote()).rejects.toThrow(
      "Nothing was promoted: no bump put a into dev as the overlay has it now",
    );
  });

  test("refuses what a roll-back holds, until something newer comes", async () => {
    const at = await place();
    await at.bump("dev", 2);
    const text = formatHolds([{ image: "a", newerThan: at.sources[1] ?? "" }]) ?? "";
    await at.write("overlays/prod/cicd/holds.yaml", text);
    await at.git("add", "--all");
    await at.git("commit", "--quiet", "--message=Hold");
    await expect(at.promote()).rejects.toThrow("a is held by a roll-back");
    await at.bump("dev", 3);
    await at.promote();
    expect(await at.tags("prod")).toBe("a:t3 b:t3");
    expect(await at.git("ls-files", "overlays/prod/cicd")).toBe("");
  });

  test.each<[string, Partial<Inputs>, string]>([
    [
      "an environment that is not there",
      { from: "de" },
      "Input `from` is `de`, but overlays/de has no kustomization; did you mean `dev`?",
    ],
    ["an image that is not there", { images: ["c"] }, "Input `images`: prod does not name c; it names a, b."],
  ])("refuses %s", async (_name, more, message) => {
    await expect((await place()).promote(more)).rejects.toThrow(message);
  });
});

test("loadInputs refuses one environment twice", () => {
  const given: Record<string, string> = { from: "local", to: "local", unproved: "false", "dry-run": "false" };
  expect(() => loadInputs((name) => given[name] ?? "")).toThrow("are both local; name two environments");
  const later = { ...given, to: "prod", region: "r", at: "yesterday", "committer-name": "n" };
  expect(() => loadInputs((name) => (later as typeof given)[name] ?? "")).toThrow(
    'Input `at` is "yesterday"; expected a time with its zone, as 2026-11-20T12:00Z.',
  );
});
