import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { argoCdHealth } from "../lib/adapters/argo-cd-health.ts";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import type { EnvironmentHealth } from "../lib/ports/deployments.ts";
import { deliveredRepository } from "../lib/testing/delivered-repository.ts";
import { startLoopbackGitHub } from "../lib/testing/loopback-github.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { temporaryFolder } from "../lib/testing/temporary-folder.ts";
import { bareRepository } from "../lib/testing/test-git.ts";
import { run } from "./run.ts";

/** `dev` runs what a bump through GitHub brought; nobody has said yet how that went. */
async function place() {
  const at = await deliveredRepository(["dev", "prod"]);
  const source = await at.merge("One");
  const bump = await at.bump("dev", 1);
  const remote = await bareRepository();
  await at.git("push", "--quiet", remote, "main");
  await at.git("remote", "add", "origin", remote);
  const loopback = await startLoopbackGitHub(remote);
  const committer = { name: "Bot", email: "bot@example.invalid" };
  const identity = committer;
  const logger = silentLogger();
  const ports = connectDelivery({
    root: at.root,
    identity,
    github: loopback.options,
    logger,
  });
  const promote = (
    unproved = false,
    health: EnvironmentHealth | undefined = ports.health,
    dryRun = false,
    then?: number,
  ) =>
    run(
      {
        at: then,
        ...{ from: "dev", to: "prod", images: [], pushBranch: "main", dryRun, committer },
        unproved,
      },
      { ...ports, health },
    );
  return { ...at, bumpTo: at.bump, loopback, bump, source, promote, logger };
}

test("promotes what its deployment says is healthy, and shows where each commit is", async () => {
  const at = await place();
  const said = { state: "success", description: "" };
  at.loopback.deployments.push({ environment: "dev", sha: at.bump, statuses: [said] });
  const { outputs } = await at.promote();
  expect(at.loopback.deployments.at(-1)).toEqual({
    environment: "prod",
    sha: outputs.commit,
    statuses: [expect.objectContaining({ state: "in_progress" })],
  });
  expect(at.loopback.commitStatuses).toEqual([
    expect.objectContaining({ sha: at.source, context: "wavehouse/prod", state: "success" }),
  ]);
  expect(at.loopback.violations).toEqual([]);
});

test("a later commit that is healthy proves it too; an older one does not", async () => {
  const at = await place();
  const said = { state: "success", description: "" };
  at.loopback.deployments.push({ environment: "dev", sha: at.source, statuses: [said] });
  await expect(at.promote()).rejects.toThrow(
    /nothing tells that dev is healthy with what it runs since \w+ \(no deployment tells/,
  );
  const later = await at.merge("Two");
  await at.git("push", "--quiet", "origin", "main");
  at.loopback.deployments.push({ environment: "dev", sha: later, statuses: [said] });
  expect((await at.promote()).outputs.changed).toBe("true");
});

test("what ran at a time is proved by deployments of that time alone", async () => {
  const at = await place();
  const noon = Date.parse("2026-01-01T00:00:00Z");
  await at.merge("Two");
  const later = await at.bumpTo("dev", 2);
  await at.git("push", "--quiet", "origin", "main");
  const said = { state: "success", description: "" };
  at.loopback.deployments.push({ environment: "dev", sha: later, statuses: [said] });
  await expect(at.promote(false, undefined, false, noon)).rejects.toThrow(
    `nothing tells that dev is healthy with what it ran since ${at.bump.slice(0, 12)} (no deployment tells`,
  );
  at.loopback.deployments.push({ environment: "dev", sha: at.bump, statuses: [said] });
  expect((await at.promote(false, undefined, false, noon)).outputs.changed).toBe("true");
  expect(await at.tags("prod")).toBe("a:t1 b:t1");
});

test.each([
  ["failure", /dev is not healthy with what it runs since .* says failure\)/],
  ["in_progress", /nothing tells that dev is healthy .*\(its deployment has not ended\)/],
])("refuses what its deployment says %s of, unless told to", async (state, reason) => {
  const at = await place();
  const said = { state, description: "" };
  at.loopback.deployments.push({ environment: "dev", sha: at.bump, statuses: [said] });
  await expect(at.promote()).rejects.toThrow(reason);
  expect(await at.tags("prod")).toBe("a:unbuilt b:unbuilt");
  expect((await at.promote(true)).outputs.changed).toBe("true");
});

test("a dry run shows the difference, and says that it would be refused", async () => {
  const at = await place();
  const shown = await at.promote(false, undefined, true);
  expect(shown.summary).toContain("2 images would move.");
  expect(at.logger.lines.join("\n")).toContain("It would be refused: nothing tells that dev is healthy");
});

test("a status that cannot be written holds up no delivery", async () => {
  const at = await place();
  const remote = await bareRepository();
  await at.git("push", "--quiet", remote, "main");
  await at.git("remote", "set-url", "origin", remote);
  const loopback = await startLoopbackGitHub(remote, {
    fault: (request) => (/deployments|statuses/.test(request) ? 403 : undefined),
  });
  const logger = silentLogger();
  const committer = { name: "Bot", email: "bot@example.invalid" };
  const ports = connectDelivery({
    root: at.root,
    identity: committer,
    github: loopback.options,
    logger,
  });
  const { outputs } = await run(
    {
      ...{ from: "dev", to: "prod", images: [], pushBranch: "main", dryRun: false, committer },
      unproved: true,
    },
    ports,
  );
  expect(outputs.changed).toBe("true");
  expect(logger.lines.join("\n")).toContain("The delivery is done, but not told: no deployment was made");
});

test("on a laptop Argo CD itself is asked", async () => {
  const at = await place();
  const folder = await temporaryFolder();
  const kubectl = join(folder, "kubectl");
  const applications = (health: string, revision: string) =>
    writeFile(
      kubectl,
      `#!/bin/sh
[ "$1 $2 $4" = "--context dev-cluster applications.argoproj.io" ] || exit 1
cat <<'JSON'
${JSON.stringify({
  items: [
    {
      metadata: { name: "airflow" },
      status: { sync: { status: "Synced", revision }, health: { status: health } },
    },
  ],
})}
JSON
`,
    ).then(() => chmod(kubectl, 0o755));
  const health = argoCdHealth(kubectl, "dev-cluster");
  await applications("Degraded", at.bump);
  await expect(at.promote(false, health)).rejects.toThrow("its Application airflow is Degraded and Synced");
  await applications("Healthy", at.source);
  await expect(at.promote(false, health)).rejects.toThrow(
    `its Application airflow is at ${at.source.slice(0, 12)}`,
  );
  await expect(at.promote(false, argoCdHealth(kubectl, "other"))).rejects.toThrow(
    "cannot ask Argo CD of the context other",
  );
  await applications("Healthy", at.bump);
  expect((await at.promote(false, health)).outputs.changed).toBe("true");
});
