/** What a commit that moved images says of itself. */
export interface BumpRecord {
  commit: string;
  /** What it made each image be. */
  images: ReadonlyMap<string, { tag: string; digest: string; source: string | undefined }>;
  /** The earlier commit whose images it brought back, when it is a roll-back. */
  rolledBackTo: string | undefined;
}

/**
 * Reads the message that `writeMessage` wrote.
 *
 * @param commit its commit
 * @param message the whole message, as Git or a squash merge kept it
 * @returns what it moved
 */
export function parseBumpRecord(commit: string, message: string): BumpRecord {
  const trailers = new Map<string, string>();
  const sources = new Map<string, string>();
  const moved: [string, string, string][] = [];
  for (const line of message.split("\n")) {
    const move = /^(\S+): \S+ -> (\S+)@(sha256:[0-9a-f]{64})$/.exec(line);
    if (move !== null) moved.push([move[1] ?? "", move[2] ?? "", move[3] ?? ""]);
    const own = /^Wavehouse-Image-Source: (\S+) ([0-9a-f]{40})$/.exec(line);
    if (own !== null) sources.set(own[1] ?? "", own[2] ?? "");
    const trailer = /^(Wavehouse-[A-Za-z-]+): ([0-9a-f]{40})$/.exec(line);
    if (trailer !== null) trailers.set(trailer[1] ?? "", trailer[2] ?? "");
  }
  const main = trailers.get("Wavehouse-Source-Commit");
  return {
    commit,
    images: new Map(
      moved.map(([image, tag, digest]) => [image, { tag, digest, source: sources.get(image) ?? main }]),
    ),
    rolledBackTo: trailers.get("Wavehouse-Rolled-Back-To"),
  };
}

/**
 * Finds the commit that what runs now was built from.
 *
 * @param records newest first
 * @param image its name
 * @param digest what the overlay says now
 * @returns `undefined` when no record tells, for instance since somebody edited the overlay by hand
 */
export function sourceOf(
  records: readonly BumpRecord[],
  image: string,
  digest: string | undefined,
): string | undefined {
  const last = records.find(({ images }) => images.has(image))?.images.get(image);
  return last !== undefined && last.digest === digest ? last.source : undefined;
}
