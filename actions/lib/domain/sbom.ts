import { createHash } from "node:crypto";
import { parseJarsLock } from "./jars-lock.ts";
import type { LayerFile } from "./layer.ts";

/** A package that an image holds. */
export interface Library {
  /** The package URL, `pkg:pypi/attrs@26.1.0`: kind, name and version in one. */
  purl: string;
  name: string;
  version: string;
  /** SHA-256 where one file is the package. */
  sha256?: string;
}

/** What a list of contents is about. */
export interface SbomSubject {
  name: string;
  tag: string;
  /** ISO 8601; of the commit. */
  created: string;
  /** `undefined` for an image that stands on nothing. */
  base: { repository: string; digest: string } | undefined;
}

/**
 * Lists what an image holds, in CycloneDX's words (1.6). The same image gives the same bytes.
 *
 * @param subject the image
 * @param libraries the packages that its base was made with, from the lock files
 * @param files its own layer
 * @returns the document
 */
export function sbom(
  subject: SbomSubject,
  libraries: readonly Library[],
  files: readonly LayerFile[],
): Record<string, unknown> {
  const components = [
    ...(subject.base === undefined ? [] : [baseComponent(subject.base)]),
    ...libraries.map(libraryComponent),
    ...files.map(({ path, bytes }) => ({
      type: "file",
      name: path,
      hashes: [{ alg: "SHA-256", content: createHash("sha256").update(bytes).digest("hex") }],
    })),
  ];
  const identity = createHash("sha256")
    .update(JSON.stringify([subject, components]))
    .digest("hex");
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${asUuid(identity)}`,
    version: 1,
    metadata: {
      timestamp: subject.created,
      tools: { components: [{ type: "application", name: "wavehouse build-images" }] },
      component: { type: "container", name: subject.name, version: subject.tag },
    },
    components,
  };
}

function baseComponent({ repository, digest }: { repository: string; digest: string }): unknown {
  const name = repository.slice(repository.lastIndexOf("/") + 1);
  const purl = `pkg:oci/${name}@${encodeURIComponent(digest)}?repository_url=${encodeURIComponent(repository)}`;
  return { type: "container", "bom-ref": purl, name: repository, version: digest, purl };
}

function libraryComponent({ purl, name, version, sha256 }: Library): unknown {
  const hashes = sha256 === undefined ? {} : { hashes: [{ alg: "SHA-256", content: sha256 }] };
  return { type: "library", "bom-ref": purl, name, version, purl, ...hashes };
}

/** A name-based UUID, of the eighth kind: its bits are whatever their maker says. */
function asUuid(hex: string): string {
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/**
 * @param text of a `requirements.lock`, as pip and uv write it
 * @returns its packages
 */
export function readPythonLock(text: string): Library[] {
  return [...text.matchAll(/^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)/gm)].map(([, given = "", version = ""]) => {
    const name = given.toLowerCase().replace(/[-_.]+/g, "-");
    return { purl: `pkg:pypi/${name}@${encodeURIComponent(version)}`, name, version };
  });
}

/**
 * @param text of `jars.lock`
 * @returns its jars
 */
export function readJarsLock(text: string): Library[] {
  return parseJarsLock(text).map(({ group, artifact, version, sha256 }) => {
    return { purl: `pkg:maven/${group}/${artifact}@${version}`, name: artifact, version, sha256 };
  });
}

/** A package that is not the same in two images. */
export interface LibraryChange {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

/**
 * @param before a document of `sbom`, or of another tool
 * @param after another
 * @returns packages that came, went or changed their version, by name
 */
export function compareSboms(before: unknown, after: unknown): LibraryChange[] {
  const [old, young] = [versionsOf(before), versionsOf(after)];
  const names = [...new Set([...old.keys(), ...young.keys()])].sort();
  return names.flatMap((name) => {
    const change = { name, before: old.get(name), after: young.get(name) };
    return change.before === change.after ? [] : [change];
  });
}

function versionsOf(document: unknown): Map<string, string> {
  const { components } = (document ?? {}) as { components?: unknown };
  const list = Array.isArray(components) ? (components as Record<string, unknown>[]) : [];
  return new Map(
    list
      .filter(({ type, purl }) => type === "library" && typeof purl === "string")
      .map(({ purl, version }) => [String(purl).replace(/@.*$/, "").replace(/^pkg:/, ""), String(version)]),
  );
}
