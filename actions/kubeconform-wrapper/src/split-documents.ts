/** One document of a YAML stream. */
export interface StreamDocument {
  /** Its place among the stream's documents that hold anything, from 0. */
  index: number;
  /** The line of the stream, from 1, that `text` begins on. */
  line: number;
  text: string;
  /** What makes it something else to Kubernetes' tools than it looks; such a document cannot be checked. */
  fault: { line: number; message: string } | undefined;
}

/**
 * Splits a stream where YAML does. Kubernetes' tools split at every line that starts with `---` and drop what else
 * stands on it, and take keys that come twice for one object: each such place is told, because there an object
 * would vanish silently.
 *
 * @param stream multi-document YAML
 * @returns the documents that hold more than comments, in order
 */
export function splitDocuments(stream: string): StreamDocument[] {
  const documents: StreamDocument[] = [];
  let open = new OpenDocument(1);
  const close = (nextLine: number): void => {
    if (open.hasContent || open.fault !== undefined) documents.push(open.closed(documents.length));
    open = new OpenDocument(nextLine);
  };
  let number = 0;
  for (const line of stream.replace(/^\uFEFF/, "").split("\n")) {
    number += 1;
    const marker = line.slice(0, 3);
    if (marker === "---" && /^---(\s|$)/.test(line)) {
      close(number + 1);
      const rest = line.slice(3).trim();
      if (rest !== "" && !rest.startsWith("#")) {
        open.fail(
          number,
          "content on the line of a `---`, which Kubernetes' tools drop: move it to the next line",
        );
      }
    } else if (marker === "..." && /^\.\.\.\s*$/.test(line)) {
      close(number + 1);
      open.follows = true;
    } else {
      open.add(line, number);
    }
  }
  close(number + 1);
  return documents;
}

/** A document while its lines come in. */
class OpenDocument {
  readonly line: number;
  readonly lines: string[] = [];
  hasContent = false;
  /** True after a `...`: what comes before the next `---` is lost on Kubernetes' tools. */
  follows = false;
  fault: StreamDocument["fault"];
  private readonly seen = new Set<string>();

  constructor(line: number) {
    this.line = line;
  }

  add(line: string, number: number): void {
    this.lines.push(line);
    const first = line.charCodeAt(0);
    if (Number.isNaN(first) || first === 35 /* # */) return;
    if (!this.hasContent) this.hasContent = /^\s*[^\s#]/.test(line);
    if (this.hasContent && this.follows) {
      this.fail(number, "content after a `...`, which Kubernetes' tools drop: put a `---` before it");
    }
    if (first === 32 /* indented: nothing of the object itself */) return;
    if (line.startsWith("---")) {
      this.fail(
        number,
        "a line that starts with `---`, which Kubernetes' tools take for a separator: indent it",
      );
    }
    const key = /^["']?(apiVersion|kind)["']?\s*:/.exec(line)?.[1];
    if (key === undefined) return;
    if (this.seen.has(key)) {
      this.fail(number, `a second \`${key}\` in one document: the \`---\` before this object is missing`);
    }
    this.seen.add(key);
  }

  fail(line: number, message: string): void {
    this.fault ??= { line, message };
  }

  closed(index: number): StreamDocument {
    return { index, line: this.line, text: this.lines.join("\n"), fault: this.fault };
  }
}
