import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLoopback, registryHost } from "../domain/image-reference.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";
import type { Wait } from "../ports/wait.ts";
import { explainCraneFailure } from "./crane-failure.ts";
import { ProcessError, type ProcessOutput, runProcess } from "./process.ts";
import { wait } from "./wait.ts";

/** How crane is run. */
export interface CraneOptions {
  /** Absolute path of the pinned crane. */
  program: string;
  /** Bound of one look-up, in milliseconds; 30,000 by default. */
  lookUpTimeoutMs?: number;
  /** Bound of one push, in milliseconds; 300,000 by default. */
  pushTimeoutMs?: number;
  /** How often crane is run, at most, when the registry fails in a way that may pass; twice by default. */
  tries?: number;
  /** Waits between tries; given by tests. */
  sleep?: Wait;
  /** A number from 0 to 1, for the jitter; given by tests. */
  random?: () => number;
}

/** crane itself asks three times, 1 s and 3 s apart, on 429, 5xx and closed connections; we run it once more. */
const TRIES = 2;
const FIRST_WAIT_MS = 4_000;
const LONGEST_WAIT_MS = 30_000;
const DIGEST = /sha256:[0-9a-f]{64}/;

/**
 * A container registry, through the crane program, with the logins of this machine's Docker configuration. Plain
 * HTTP and unknown certificates are accepted from this machine's own registry only.
 *
 * @param options where crane is, and its bounds
 */
export function craneRegistry(options: CraneOptions): ImageRegistry {
  return {
    digest: (reference) => lookUp(options, reference),
    append: (image) => append(options, image),
  };
}

async function lookUp(options: CraneOptions, reference: string): Promise<string | undefined> {
  const found = await attempt(options, reference, {
    args: ["digest", reference],
    timeoutMs: options.lookUpTimeoutMs ?? 30_000,
  });
  if (found === undefined) return undefined;
  // When HEAD has no proper answer, crane hashes whatever GET brings, be it a web page; then we look ourselves.
  if (found.stderr.includes("falling back on GET")) return digestOfManifest(options, reference);
  return parseDigest(found.stdout.toString(), reference);
}

async function digestOfManifest(options: CraneOptions, reference: string): Promise<string | undefined> {
  const found = await attempt(options, reference, {
    args: ["manifest", reference],
    timeoutMs: options.lookUpTimeoutMs ?? 30_000,
  });
  if (found === undefined) return undefined;
  if (!isManifest(found.stdout)) {
    throw new UserError(
      `what answers at ${registryHost(reference)} is no container registry (or a broken one): ` +
        `the manifest of ${reference} is not JSON with schemaVersion 2; check the address`,
    );
  }
  return `sha256:${createHash("sha256").update(found.stdout).digest("hex")}`;
}

function isManifest(bytes: Buffer): boolean {
  try {
    const manifest: unknown = JSON.parse(bytes.toString());
    return (
      typeof manifest === "object" &&
      manifest !== null &&
      "schemaVersion" in manifest &&
      manifest.schemaVersion === 2
    );
  } catch {
    return false;
  }
}

async function append(
  options: CraneOptions,
  image: { base: string | undefined; layer: Uint8Array; reference: string },
): Promise<string> {
  // From standard input crane would compress the layer once more; a file that is gzip goes as it is.
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-layer-"));
  try {
    const layer = join(folder, "layer.tar.gz");
    await writeFile(layer, image.layer);
    const base = image.base === undefined ? ["--oci-empty-base"] : ["--base", image.base];
    const pushed = await attempt(options, image.reference, {
      args: ["append", ...base, "--new_layer", layer, "--new_tag", image.reference],
      timeoutMs: options.pushTimeoutMs ?? 300_000,
    });
    if (pushed === undefined) {
      throw new UserError(
        `the base image ${image.base ?? ""} is not in its registry any more; give another one as base-image`,
      );
    }
    return parseDigest(pushed.stdout.toString(), image.reference);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns what crane wrote, or `undefined` when what it asked for is not there */
async function attempt(
  options: CraneOptions,
  reference: string,
  call: { args: readonly string[]; timeoutMs: number },
): Promise<ProcessOutput | undefined> {
  const sleep = options.sleep ?? wait;
  const random = options.random ?? Math.random;
  const insecure = isLoopback(reference) ? ["--insecure"] : [];
  for (let tried = 1; ; tried++) {
    try {
      return await runProcess({
        file: options.program,
        args: [...call.args, ...insecure],
        timeoutMs: call.timeoutMs,
        env: { GGCR_EXPERIMENT_ESTARGZ: undefined },
      });
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      const failure = explainCraneFailure(error, reference);
      if (failure.kind === "missing") return undefined;
      if (failure.kind === "lasting" || tried >= (options.tries ?? TRIES)) {
        const often = failure.kind === "passing" ? ` (tried ${tried} times)` : "";
        throw new UserError(`${failure.message}${often}`, { cause: error });
      }
      // Half of it fixed, half by chance: many jobs that failed together do not come back together.
      const half = Math.min(FIRST_WAIT_MS * 2 ** (tried - 1), LONGEST_WAIT_MS) / 2;
      await sleep(half + half * random());
    }
  }
}

function parseDigest(text: string, reference: string): string {
  const digest = DIGEST.exec(text)?.[0];
  if (digest === undefined) throw new Error(`crane told no digest for ${reference}: ${JSON.stringify(text)}`);
  return digest;
}
