import { pointTo } from "./json-pointer.ts";
import type { Position } from "./line-index.ts";
import { parseYaml } from "./parse-yaml.ts";

/** An entry of a kustomization's `images:`. */
export interface ImageEntry {
  file: string;
  /** Where the entry's name is written. */
  position: Position;
  /** Where its tag is, or its digest where it has one, or else its name: what is not pinned, or pinned wrongly. */
  pinPosition: Position;
  /** The image that it replaces. */
  name: string;
  newName: string | undefined;
  newTag: string | undefined;
  digest: string | undefined;
}

/**
 * Reads the `images:` of a kustomization.
 *
 * @param file path of the kustomization, from the repository's root
 * @param text its content
 * @returns its entries; none when the file is not YAML, which rendering it tells
 */
export function readImageEntries(file: string, text: string): ImageEntry[] {
  const { document } = parseYaml(text, file);
  const images = (document?.value as { images?: unknown } | null | undefined)?.images;
  if (document === undefined || !Array.isArray(images)) return [];
  return images.flatMap((entry: unknown, index): ImageEntry[] => {
    const { name, newName, newTag, digest } = (entry ?? {}) as Record<string, unknown>;
    if (typeof name !== "string") return [];
    return [
      {
        file,
        position: document.positions.value(pointTo("", "images", index, "name")),
        pinPosition: document.positions.value(
          pointTo(
            "",
            "images",
            index,
            digest !== undefined ? "digest" : newTag !== undefined ? "newTag" : "name",
          ),
        ),
        name,
        newName: textOf(newName),
        newTag: textOf(newTag),
        digest: textOf(digest),
      },
    ];
  });
}

/** A tag of digits alone is a number to YAML, unless it is quoted. */
function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
