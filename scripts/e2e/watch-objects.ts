import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { KubernetesObject } from "./objects.ts";

/** What the API server told of one object, and when. */
export interface Observation<T extends KubernetesObject> {
  /** Milliseconds since the epoch, when it came. */
  at: number;
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: T;
}

/** A recording that is under way. */
export interface Recording<T extends KubernetesObject> {
  readonly observations: readonly Observation<T>[];
  /** The objects that are there now, as they were last seen. */
  latest(): T[];
  stop(): void;
}

/**
 * Records every change of a collection of objects, from now on, as the API server tells it.
 *
 * The watch is begun again when it ends (the kind may not be there yet, the API server may be away): what is there
 * then comes again as ADDED, and what has gone meanwhile is forgotten.
 *
 * @param kubectl what reaches the cluster
 * @param path of the collection, for instance `/api/v1/namespaces/processing/pods`
 */
export function recordObjects<T extends KubernetesObject>(kubectl: Kubectl, path: string): Recording<T> {
  const observations: Observation<T>[] = [];
  let present = new Map<string, T>();
  let stopped = false;
  let end = (): void => {};
  /** @returns whether anything came */
  const watchOnce = async (): Promise<boolean> => {
    const before = observations.length;
    let listed: Map<string, T> | undefined = new Map();
    const child = spawn(kubectl.program, [...kubectl.cluster, "get", "--raw", `${path}?${query}`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    end = () => child.kill();
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    for await (const line of createInterface({ input: child.stdout })) {
      const event = readEvent<T>(line);
      if (event?.object?.metadata === undefined) continue;
      const { type, object } = event;
      if (type === "BOOKMARK" && listed !== undefined) {
        present = listed;
        listed = undefined;
      }
      if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") continue;
      observations.push({ at: Date.now(), type, object });
      const now = listed ?? present;
      if (type === "DELETED") now.delete(object.metadata.uid);
      else now.set(object.metadata.uid, object);
    }
    await closed;
    return observations.length > before;
  };
  const watch = async (): Promise<void> => {
    let pauseMs = shortestPauseMs;
    while (!stopped) {
      const came = await watchOnce();
      // While everything is still being built, asking four times a second would be half a core.
      pauseMs = came ? shortestPauseMs : Math.min(longestPauseMs, pauseMs * 2);
      if (!stopped) await sleep(pauseMs);
    }
  };
  void watch();
  return {
    observations,
    latest: () => [...present.values()],
    stop: () => {
      stopped = true;
      end();
    },
  };
}

const shortestPauseMs = 250;
const longestPauseMs = 2_000;

/** First what is there, then a bookmark, then what changes. */
const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

/** A line that is no event of an object (the end of an old watch) is left out. */
function readEvent<T>(line: string): { type?: string; object?: T } | undefined {
  try {
    return JSON.parse(line) as { type?: string; object?: T };
  } catch {
    return undefined;
  }
}
