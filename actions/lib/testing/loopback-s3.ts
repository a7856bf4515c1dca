import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { resolveGoTool } from "kubeconform-wrapper";
import { onTestFinished } from "vitest";
import type { S3Options } from "../adapters/s3-records.ts";
import { closedPort } from "./stub-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** An S3 store on this machine. */
export interface LoopbackS3 {
  options: S3Options & { endpoint: string };
  start(): Promise<void>;
  stop(): Promise<void>;
}

const READY_MS = 15_000;

/** @returns a VersityGW with one empty bucket, not started yet; it ends with the running test */
export async function loopbackS3(): Promise<LoopbackS3> {
  const program = await resolveGoTool("versitygw", {
    toolsDir: fileURLToPath(new URL("../../../scripts/tools", import.meta.url)),
  });
  const folder = await temporaryFolder();
  for (const own of ["data/records", "sidecar"]) await mkdir(join(folder, own), { recursive: true });
  const port = await closedPort();
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test-secret" };
  let end: (() => Promise<void>) | undefined;
  const start = async (): Promise<void> => {
    const args = [
      "--port",
      `127.0.0.1:${port}`,
      "posix",
      "--sidecar",
      join(folder, "sidecar"),
      join(folder, "data"),
    ];
    const env = { ...process.env, ROOT_ACCESS_KEY: "test", ROOT_SECRET_KEY: "test-secret" };
    const child = spawn(program, args, { stdio: "ignore", env });
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    end = async () => {
      child.kill("SIGKILL");
      await gone;
    };
    for (const started = Date.now(); !(await answers(endpoint)); await setTimeout(50)) {
      if (Date.now() - started > READY_MS) throw new Error(`${program} does not answer at ${endpoint}`);
    }
  };
  const stop = async (): Promise<void> => {
    await end?.();
    end = undefined;
  };
  onTestFinished(stop);
  const options = { bucket: "records", region: "us-east-1", endpoint, credentials, timeoutMs: 2_000 };
  return { options, start, stop };
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}
