import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { buildLayer } from "../../actions/lib/domain/layer.ts";
import { registryHost } from "./places.ts";

const source = join(import.meta.dirname, "pause");

/** Where the pause image of this checkout is; its tag follows from its source. */
export async function pauseReference(): Promise<string> {
  const text = await readFile(join(source, "main.go"));
  const tag = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `${registryHost}/pause:${tag}`;
}

/**
 * Builds the pause image and pushes it, unless the registry has it.
 *
 * @param crane the pinned crane
 */
export async function pushPauseImage(crane: string): Promise<void> {
  const reference = await pauseReference();
  const registry = ociRegistry();
  if ((await registry.digest(reference)) !== undefined) return;
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-pause-"));
  try {
    const program = join(folder, "pause");
    const flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", program, "."];
    await runProcess({
      file: "go",
      args: ["build", ...flags],
      cwd: source,
      env: { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", GOOS: undefined, GOARCH: undefined },
      timeoutMs: 300_000,
    });
    const layer = buildLayer([{ path: "pause", bytes: await readFile(program), executable: true }]);
    const plain = `${reference}-plain`;
    await registry.append({ base: undefined, layer, reference: plain });
    const platform = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
    const settings = ["--entrypoint=/pause", `--set-platform=${platform}`, `--tag=${reference}`];
    await runProcess({ file: crane, args: ["mutate", plain, ...settings] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
