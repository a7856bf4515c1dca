/** The path of a value in a document by RFC 6901, `/spec/tables/0/name`; empty for the whole. */
export type JsonPointer = string;

/**
 * Appends keys or indexes to a pointer.
 *
 * @param pointer where to start
 * @param keys what to step into, one after the other
 * @returns the longer pointer
 */
export function pointTo(pointer: JsonPointer, ...keys: readonly (string | number)[]): JsonPointer {
  return keys.reduce<string>(
    (path, key) => `${path}/${typeof key === "number" ? key : escapeKey(key)}`,
    pointer,
  );
}

/** Called for every value of every object, and few keys have anything to escape. */
function escapeKey(key: string): string {
  return /[~/]/.test(key) ? key.replaceAll("~", "~0").replaceAll("/", "~1") : key;
}

/**
 * @param pointer any pointer
 * @returns its keys, unescaped
 */
export function pointerKeys(pointer: JsonPointer): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}
