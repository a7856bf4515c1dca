import { afterAll } from "vitest";
import { type LoopbackRegistry, startLoopbackRegistry } from "../adapters/loopback-registry.ts";
import { craneProgram } from "./crane-program.ts";

/**
 * Starts a registry for the tests of a file, which ends when they do.
 *
 * @returns the registry, and crane to ask it by another way than the code under test
 */
export async function fileRegistry(): Promise<{ program: string; server: LoopbackRegistry }> {
  const program = await craneProgram();
  const server = await startLoopbackRegistry({ program, port: 0 });
  afterAll(() => server.stop());
  return { program, server };
}
