import { randomBytes } from "node:crypto";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix, relative, sep } from "node:path";
import type { atOnce } from "./at-once.ts";

/** More would keep one core busy while another has nothing left. */
const BATCH = 12;

/** Keys of a kustomization that change nothing outside of the folder that it renders. */
const LOCAL_KEYS = new Set(
  ["apiVersion", "kind", "metadata", "resources", "components", "images", "patches", "configurations"].concat(
    ["labels", "commonAnnotations", "replicas"],
  ),
);

/**
 * Whether a folder renders to the same beside others as alone. Where names or namespaces are changed (generators hash
 * names), kustomize also changes what refers to them, in all folders that it renders at once.
 *
 * @param kustomizations the content of all that make up the folder
 */
export function rendersAlike(kustomizations: readonly unknown[]): boolean {
  return kustomizations.every(
    (content) =>
      typeof content === "object" &&
      content !== null &&
      Object.keys(content).every((key) => LOCAL_KEYS.has(key)),
  );
}

/** Builds a folder, given by its absolute path. */
type Build = (folder: string) => Promise<string>;

interface Waiting {
  folder: string;
  alone: () => Promise<string>;
  resolve: (text: string | Promise<string>) => void;
}

/**
 * Renders many folders by few processes: starting one takes as long as rendering a small folder.
 *
 * @param root absolute path of the repository
 * @param limit says how many processes run at once
 * @param build runs kustomize
 * @returns renders a folder that `rendersAlike`, together with those that wait beside it; `alone` renders it by itself,
 *   where no other waits, or to say what is wrong
 */
export function kustomizeBatches(
  root: string,
  limit: ReturnType<typeof atOnce>,
  build: Build,
): (folder: string, alone: () => Promise<string>) => Promise<string> {
  const queue: Waiting[] = [];
  const takeBatch = async (): Promise<void> => {
    const batch = queue.splice(0, BATCH);
    const [first, second] = batch;
    if (first === undefined) return;
    if (second === undefined) return settle(first);
    const folders = batch.map(({ folder }) => folder);
    const texts = await buildBatch(root, folders, build).catch(() => undefined);
    for (const [index, waiting] of batch.entries()) {
      const text = texts?.[index];
      waiting.resolve(text ?? limit(waiting.alone));
    }
  };
  return (folder, alone) =>
    new Promise((resolve, reject) => {
      queue.push({ folder, alone, resolve });
      limit(takeBatch).catch(reject);
    });
}

/** Its place is taken until it is done: meanwhile others gather to a batch. */
async function settle({ alone, resolve }: Waiting): Promise<void> {
  const rendered = alone();
  resolve(rendered);
  await rendered.catch(() => undefined);
}

/** @throws whatever is wrong with any of the folders, or that the objects cannot be told apart */
async function buildBatch(root: string, folders: readonly string[], build: Build): Promise<string[]> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), "wavehouse-render-")));
  try {
    const id = randomBytes(8).toString("hex");
    const markers = folders.map((_, index) => marker(`${id}-${index}`));
    const way = relative(scratch, await realpath(root))
      .split(sep)
      .join("/");
    const resources = folders.flatMap((folder, index) => [`${index}.yaml`, posix.join(way, folder)]);
    await Promise.all(markers.map((text, index) => writeFile(join(scratch, `${index}.yaml`), text)));
    // Without an order of its own kustomize sorts all folders' objects together.
    const kustomization = {
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      sortOptions: { order: "fifo" },
      resources,
    };
    await writeFile(join(scratch, "kustomization.yaml"), JSON.stringify(kustomization));
    return splitAt(markers, await build(scratch));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** An object that stands before a folder's own. */
function marker(id: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: wavehouse-${id}\n`;
}

function splitAt(markers: readonly string[], stream: string): string[] {
  const starts = markers.map((text) => stream.indexOf(text));
  return markers.map((text, index) => {
    const start = starts[index] ?? -1;
    const end = starts[index + 1] ?? stream.length;
    if (start < 0 || end < start) throw new Error("kustomize wrote the objects in another order");
    return stream
      .slice(start + text.length, end)
      .replace(/^---\n/, "")
      .replace(/---\n$/, "");
  });
}
