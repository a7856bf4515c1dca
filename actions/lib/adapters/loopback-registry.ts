import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { UserError } from "../domain/user-error.ts";

/** A registry on this machine that lives as long as this process, at most. */
export interface LoopbackRegistry {
  /** `127.0.0.1:<port>`. */
  host: string;
  port: number;
  /** Ends it; the process is gone when this returns. */
  stop(): Promise<void>;
}

/** What kept the registry from starting. */
export class PortTakenError extends UserError {}

const READY_MS = 15_000;

/**
 * Starts crane's registry on 127.0.0.1 and waits until it answers.
 *
 * @param options crane's path; the port, 0 for any free one; the folder for blobs, memory without one. Manifests
 *   are kept in memory either way.
 * @throws PortTakenError when something else listens on the port
 */
export async function startLoopbackRegistry(options: {
  program: string;
  port: number;
  disk?: string;
}): Promise<LoopbackRegistry> {
  const args = ["registry", "serve", "--address", `127.0.0.1:${options.port}`];
  if (options.disk !== undefined) {
    // crane does not make it, and then fails at the first push.
    await mkdir(options.disk, { recursive: true });
    args.push("--disk", options.disk);
  }
  // In a process group of its own: a Ctrl-C in the terminal must reach it by `stop` only, after what is to be saved.
  const child = spawn(options.program, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const orphan = (): void => void child.kill("SIGKILL");
  process.once("exit", orphan);
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 2_000);
    await gone;
    clearTimeout(killer);
    process.off("exit", orphan);
  };
  try {
    const port = await listeningPort(child, options.port);
    // Nothing reads its log from here on, but a full pipe would stop it.
    child.stderr.resume();
    child.unref();
    return { host: `127.0.0.1:${port}`, port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The port is bound before crane says so, so the next connection is taken. */
function listeningPort(child: ReturnType<typeof spawn>, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => {
      reject(
        new UserError(`the registry on this machine did not start within ${READY_MS / 1000} s: ${said}`),
      );
    }, READY_MS);
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const port = /serving on port (\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      child.stderr?.removeAllListeners("data");
      resolve(Number(port));
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(
        new UserError(`the registry on this machine cannot be started: ${error.message}`, { cause: error }),
      );
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      reject(
        /address already in use/.test(said)
          ? new PortTakenError(`port ${wanted} of this machine is taken by another program`)
          : new UserError(`the registry on this machine ended with ${code}: ${said.trim()}`),
      );
    });
  });
}
