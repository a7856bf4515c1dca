/** What an image tells of itself, by the OCI image spec. */
export interface LabelFacts {
  name: string;
  tag: string;
  /** Address of the repository; left out where it has none. */
  source: string | undefined;
  /** The last commit that changed what is in the image; left out where files are not committed. */
  revision: string | undefined;
  created: string;
  /** Reference without digest, and digest, of what it stands on. */
  base: { name: string; digest: string } | undefined;
}

const PREFIX = "org.opencontainers.image.";

/**
 * @param facts of the image
 * @returns its labels, in a fixed order: they are part of the digest
 */
export function imageLabels({
  name,
  tag,
  source,
  revision,
  created,
  base,
}: LabelFacts): Record<string, string> {
  const labels: [string, string | undefined][] = [
    ["base.digest", base?.digest],
    ["base.name", base?.name],
    ["created", created],
    ["revision", revision],
    ["source", source],
    ["title", name],
    ["version", tag],
  ];
  return Object.fromEntries(
    labels.flatMap(([key, value]) => (value === undefined ? [] : [[`${PREFIX}${key}`, value]])),
  );
}
