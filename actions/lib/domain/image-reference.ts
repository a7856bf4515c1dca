import { UserError } from "./user-error.ts";

/** `<repository>:<tag>@<digest>`, taken apart. */
export interface ImageReference {
  /** With the registry: `localhost:5001/breweries-silver`. */
  repository: string;
  tag: string | undefined;
  /** `sha256:` and 64 hex digits. */
  digest: string | undefined;
}

// The grammar of github.com/distribution/reference: a host needs a dot, a port or to be `localhost`.
const HOST =
  "(?:localhost|[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:)|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REGISTRY = new RegExp(`^${HOST}(?:/${PART})*$`);
const REFERENCE = new RegExp(
  `^((?:${HOST}/)?${PART}(?:/${PART})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);

/**
 * Takes an image reference apart.
 *
 * @param text `localhost:5001/breweries-silver:0123456789abcdef@sha256:…`; tag and digest may be missing
 * @returns its parts, or `undefined` when it is none
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const match = REFERENCE.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { repository: match[1], tag: match[2], digest: match[3] };
}

/**
 * Puts a reference together.
 *
 * @param reference its parts
 * @returns `<repository>:<tag>@<digest>`, without what is `undefined`
 */
export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.repository}${tag}${digest}`;
}

/**
 * Reads the place that images are pushed to.
 *
 * @param text `localhost:5001`, or with a path: `ghcr.io/acme/wavehouse`
 * @returns it, without a slash at the end
 * @throws UserError when it is none, with what to write instead where that is clear
 */
export function parseRegistry(text: string): string {
  const registry = text.trim().replace(/\/+$/, "");
  if (REGISTRY.test(registry)) return registry;
  const bare = registry.replace(/^[a-z]+:\/\//, "");
  const [host = "", ...path] = bare.split("/");
  const repaired = [host, ...path.map((part) => part.toLowerCase())].join("/");
  const fix = REGISTRY.test(repaired) && repaired !== registry ? `; write ${repaired}` : "";
  throw new UserError(
    `${JSON.stringify(text)} is not a registry; expected host[:port][/path] in lower case, ` +
      `for instance ghcr.io/acme/wavehouse or localhost:5001${fix}`,
  );
}

/**
 * Says whether a registry or a reference names this machine: only there is plain HTTP allowed.
 *
 * @param text `127.0.0.1:5001`, `localhost:5001/breweries-silver:tag`, …
 * @returns true for `localhost`, 127.0.0.0/8 and ::1
 */
export function isLoopback(text: string): boolean {
  const host = registryHost(text).replace(/:[0-9]+$/, "");
  return host === "localhost" || host === "[::1]" || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
}

/**
 * @param text a registry or a reference
 * @returns its host and port
 */
export function registryHost(text: string): string {
  return text.split("/", 1)[0] ?? text;
}
