import type { IncomingMessage } from "node:http";
import { get, type RequestOptions } from "node:https";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Metadata } from "./objects.ts";

/** How to reach the API server. */
export interface ApiAccess {
  server: string;
  credentials: Pick<RequestOptions, "ca" | "cert" | "key">;
}

interface Event<T> {
  type: string;
  object: T;
}

interface List<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

/**
 * Keeps a list of all objects of a kind, for ever: lists them, then follows their changes, and lists anew when that
 * ends or fails.
 *
 * @param path of the kind, `/api/v1/pods`
 * @param changed takes all of them, each time that one changed
 */
export async function watchObjects<T extends { metadata: Metadata }>(
  api: ApiAccess,
  path: string,
  changed: (objects: readonly T[]) => void,
): Promise<never> {
  for (;;) {
    try {
      const { items, metadata } = JSON.parse(await text(await request(api, path))) as List<T>;
      const objects = new Map(items.map((object) => [keyOf(object), object]));
      changed([...objects.values()]);
      const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`;
      const changes = createInterface({ input: await request(api, `${path}${query}`) });
      for await (const line of changes) {
        const { type, object } = JSON.parse(line) as Event<T>;
        if (type === "ERROR") break;
        if (type === "BOOKMARK") continue;
        if (type === "DELETED") objects.delete(keyOf(object));
        else objects.set(keyOf(object), object);
        changed([...objects.values()]);
      }
    } catch (error) {
      process.stdout.write(`${path}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    await sleep(500);
  }
}

function keyOf({ metadata }: { metadata: Metadata }): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function request({ server, credentials }: ApiAccess, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${server}${path}`, credentials, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`the API server answers ${response.statusCode}`));
    }).once("error", reject);
  });
}
