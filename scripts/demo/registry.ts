import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type LoopbackRegistry,
  PortTakenError,
  startLoopbackRegistry,
} from "../../actions/lib/adapters/loopback-registry.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/** The demo's registry. */
export interface DemoRegistry {
  /** `localhost:<port>`: what images are named by. */
  host: string;
  port: number;
  /** Writes to the disk what was pushed since the last time; a registry that is killed keeps what was saved. */
  save(): Promise<void>;
  /** Saves, then ends the registry. */
  stop(): Promise<void>;
}

/** One tag, as it is kept on the disk. */
interface SavedManifest {
  repository: string;
  tag: string;
  mediaType: string;
  /** The manifest's very bytes, in base64. */
  manifest: string;
}

/**
 * Starts a registry on loopback that remembers what earlier ones were given: crane's keeps layers on the disk but
 * manifests in memory, so those are saved beside them and pushed again at the next start.
 *
 * @param options crane's path, the port (0 for any free one), the folder that keeps the images
 * @throws UserError when the port is taken, with the option that gives another
 */
export async function startRegistry(options: {
  crane: string;
  port: number;
  disk: string;
}): Promise<DemoRegistry> {
  const server = await startLoopbackRegistry({
    program: options.crane,
    port: options.port,
    disk: join(options.disk, "blobs"),
  }).catch((error: unknown) => {
    if (!(error instanceof PortTakenError)) throw error;
    throw new UserError(
      `port ${options.port}, which the registry wants, is taken; stop what uses it or give another: --registry-port N`,
      { cause: error },
    );
  });
  const folder = join(options.disk, "manifests");
  try {
    await restore(server, folder);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const save = (): Promise<void> => saveAll(server, folder);
  return {
    host: `localhost:${server.port}`,
    port: server.port,
    save,
    stop: async () => {
      try {
        await save();
      } finally {
        await server.stop();
      }
    },
  };
}

async function restore(server: LoopbackRegistry, folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json"));
  // What lists of referrers name, by digest, must be there before the lists.
  const [named, lists] = [true, false].map((byDigest) =>
    files.filter((name) => name.includes("~sha256:") === byDigest),
  );
  for (const name of [...(named ?? []), ...(lists ?? [])]) {
    const saved = JSON.parse(await readFile(join(folder, name), "utf8")) as SavedManifest;
    await ask(server, `${saved.repository}/manifests/${saved.tag}`, {
      method: "PUT",
      headers: { "content-type": saved.mediaType },
      body: Buffer.from(saved.manifest, "base64"),
    });
  }
}

async function saveAll(server: LoopbackRegistry, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const catalog = await ask(server, "_catalog?n=10000");
  const { repositories } = (await catalog.json()) as { repositories: string[] | null };
  for (const repository of repositories ?? []) {
    const list = await ask(server, `${repository}/tags/list?n=10000`);
    const { tags } = (await list.json()) as { tags: string[] };
    for (const tag of tags) await saveOne(server, folder, repository, tag);
  }
}

async function saveOne(
  server: LoopbackRegistry,
  folder: string,
  repository: string,
  tag: string,
): Promise<void> {
  const answer = await ask(server, `${repository}/manifests/${tag}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const mediaType = answer.headers.get("content-type") ?? "";
  const saved: SavedManifest = { repository, tag, mediaType, manifest: bytes.toString("base64") };
  const { manifests = [] } = JSON.parse(bytes.toString()) as { manifests?: { digest: string }[] };
  for (const { digest } of manifests) await saveOne(server, folder, repository, digest);
  const file = join(folder, `${repository.replaceAll("/", "~")}~${tag}.json`);
  // Another run may read it while we write, and we may be killed half-way.
  const temporary = join(dirname(file), `.${process.pid}.new`);
  await writeFile(temporary, JSON.stringify(saved));
  await rename(temporary, file);
}

async function ask(server: LoopbackRegistry, path: string, request: RequestInit = {}): Promise<Response> {
  const answer = await fetch(`http://${server.host}/v2/${path}`, {
    ...request,
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) {
    throw new Error(`the demo's registry answers ${answer.status} to ${path}: ${await answer.text()}`);
  }
  return answer;
}
