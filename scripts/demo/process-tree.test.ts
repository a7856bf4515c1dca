import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { requireFreePort } from "./free-port.ts";
import { endProcessTrees } from "./process-tree.ts";

/** Starts a shell that starts more; returns its number and those that it prints. */
async function startTree(script: string): Promise<{ root: number; all: number[] }> {
  const child = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const root = child.pid ?? 0;
  return { root, all: [root, ...line.toString().trim().split(/\s+/).map(Number)] };
}

/** A zombie has ended: whoever adopted it has not asked for its status yet. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

describe("endProcessTrees", () => {
  it("ends a process and what it started, in other groups too", async () => {
    const { root, all } = await startTree("sleep 60 & a=$!; setsid sleep 61 & echo $a $!; wait");
    expect(all.every(isAlive)).toBe(true);
    await endProcessTrees([root], 5_000);
    expect(all.filter(isAlive)).toEqual([]);
  });

  it("kills what does not listen, after the grace", async () => {
    const { root, all } = await startTree(
      "trap '' TERM; sh -c \"trap '' TERM; while :; do sleep 1; done\" & echo $!; wait",
    );
    const start = Date.now();
    await endProcessTrees([root], 300);
    expect(Date.now() - start).toBeGreaterThanOrEqual(300);
    expect(all.filter(isAlive)).toEqual([]);
  });

  it("leaves others alone", async () => {
    const mine = await startTree("sleep 60 & echo $!; wait");
    const other = await startTree("sleep 60 & echo $!; wait");
    await endProcessTrees([mine.root], 5_000);
    expect(other.all.every(isAlive)).toBe(true);
    await endProcessTrees([other.root], 5_000);
  });

  it("does nothing for a process that ended already", async () => {
    const { root } = await startTree("echo 1");
    await endProcessTrees([root], 100);
  });
});

describe("requireFreePort", () => {
  it("names the port and the option", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = (server.address() as { port: number }).port;
    await expect(requireFreePort(port, "--airflow-port", "Airflow")).rejects.toThrow(
      `port ${port}, which Airflow wants, is taken; stop what uses it or give another: --airflow-port N`,
    );
    await new Promise((resolve) => server.close(resolve));
    await requireFreePort(port, "--airflow-port", "Airflow");
  });
});
