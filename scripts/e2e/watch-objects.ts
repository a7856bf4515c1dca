import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "./kubectl.ts";
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
 * then comes again as ADDED.
 *
 * @param kubectl what reaches the cluster
 * @param path of the collection, for instance `/api/v1/namespaces/processing/pods`
 */
export function recordObjects<T extends KubernetesObject>(kubectl: Program, path: string): Recording<T> {
  const observations: Observation<T>[] = [];
  const present = new Map<string, T>();
  let stopped = false;
  let end = (): void => {};
  const watchOnce = async (): Promise<void> => {
    const child = spawn(kubectl.file, [...kubectl.args, "get", "--raw", `${path}?watch=true`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    end = () => child.kill();
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    for await (const line of createInterface({ input: child.stdout })) {
      const observation = readObservation<T>(line);
      if (observation === undefined) continue;
      observations.push(observation);
      const { uid } = observation.object.metadata;
      if (observation.type === "DELETED") present.delete(uid);
      else present.set(uid, observation.object);
    }
    await closed;
  };
  const watch = async (): Promise<void> => {
    while (!stopped) {
      await watchOnce();
      if (!stopped) await sleep(250);
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

/** A line that is no event of an object (the end of an old watch) is left out. */
function readObservation<T extends KubernetesObject>(line: string): Observation<T> | undefined {
  let event: { type?: string; object?: T };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    return undefined;
  }
  const { type, object } = event;
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return undefined;
  return object?.metadata === undefined ? undefined : { at: Date.now(), type, object };
}
