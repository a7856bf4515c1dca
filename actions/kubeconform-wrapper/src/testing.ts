import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { prepareSchemas } from "./prepare-schemas.ts";
import { resolveGoTool } from "./resolve-go-tool.ts";

/** The repository's own pins: the tests run the binary and the schemas that everything else runs. */
export const toolsDir = fileURLToPath(new URL("../../../scripts/tools", import.meta.url));

/** The real binary and the real schemas. */
export async function realTools(): Promise<{ kubeconform: string; schemas: string[] }> {
  const kubeconform = await resolveGoTool("kubeconform", { toolsDir });
  return { kubeconform, schemas: [await prepareSchemas({ toolsDir, kubernetesVersion: "1.36.3" })] };
}

/** A new empty folder, which is removed when the running test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "kubeconform-wrapper-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An executable shell script in a new folder; returns its path. */
export async function program(folder: string, name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A small valid object; `extra` goes below its metadata. */
export function configMap(name: string, extra = ""): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: misc\n${extra}`;
}

/** A stream of that many objects. */
export function many(count: number): string {
  return Array.from({ length: count }, (_, n) => configMap(`c${n}`)).join("---\n");
}
