import type { Files } from "./corpus-repository.ts";

/** Something wrong that somebody might write, and what must be said of it. */
export interface Mistake {
  /** What it is, in a few words. */
  name: string;
  changes: Files;
  rule: string;
  /** Where it must be told. */
  file: string;
  line: number;
}

/** Stands in the new text where the finding must be. */
const MARK = "«";

/** Says where a mistake must be told when that is not where it was made. */
export interface ToldAt {
  file: string;
  /** The line is the first that holds this text. */
  text: string;
}

/**
 * Describes a mistake in one place of one file.
 *
 * @param files the valid repository
 * @param mistake its file; `from`, a text of it, and `to`, what stands there instead, with `«` before what must be
 *   told; the rule; `at`, where that is elsewhere
 */
export function replaced(
  files: Readonly<Record<string, string>>,
  mistake: { file: string; from: string; to: string; rule: string; at?: ToldAt },
): Mistake {
  const { file, from, to, rule, at } = mistake;
  const text = files[file];
  if (text === undefined) throw new Error(`there is no ${file}`);
  const start = text.indexOf(from);
  if (start === -1) throw new Error(`${file} does not hold ${from}`);
  const marked = text.slice(0, start) + to + text.slice(start + from.length);
  const changed = marked.replace(MARK, "");
  const changes = { [file]: changed };
  const name = `${rule}: ${file}: ${to.replaceAll(/\s+/g, " ").slice(0, 60).trim() || `without ${from.trim()}`}`;
  if (at !== undefined) {
    const all: Files = { ...files, ...changes };
    return { name, changes, rule, file: at.file, line: lineOf(String(all[at.file] ?? ""), at.text) };
  }
  const offset = marked.includes(MARK) ? marked.indexOf(MARK) : start + to.search(/\S|$/);
  return { name, changes, rule, file, line: changed.slice(0, offset).split("\n").length };
}

function lineOf(text: string, part: string): number {
  const start = text.indexOf(part);
  if (start === -1) throw new Error(`nothing holds ${part}`);
  return text.slice(0, start).split("\n").length;
}
