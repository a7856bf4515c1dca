import type { BaseImages } from "../ports/base-images.ts";

/** For what builds no base: it fails when it is asked for one. */
export function noBases(): BaseImages {
  return {
    read: () => Promise.reject(new Error("no base was to be read")),
    own: () => Promise.reject(new Error("no pipeline was to have a Dockerfile of its own")),
    close: async () => {},
  };
}
