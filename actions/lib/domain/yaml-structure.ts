import type { CST } from "yaml";

/** What the tokens of a YAML text tell before values are made of them; all are offsets. */
export interface YamlStructure {
  /** The first `%` line. */
  directive?: number;
  /** Where the second document starts. */
  secondDocument?: number;
  /** The innermost `[` or `{` that is not closed. */
  unclosedBracket?: number;
  /** The quote that is not closed. */
  unclosedQuote?: number;
}

/**
 * Looks through the tokens of a text.
 *
 * @param tokens of the whole text, of bounded depth
 * @returns what is remarkable about them
 */
export function inspectYamlTokens(tokens: readonly CST.Token[]): YamlStructure {
  const structure: YamlStructure = {};
  const documents = tokens.filter((token) => token.type === "document");
  const directive = tokens.find((token) => token.type === "directive");
  if (directive !== undefined) structure.directive = directive.offset;
  if (documents[1] !== undefined) structure.secondDocument = documents[1].offset;
  const look = (token: CST.Token): void => {
    noteUnclosed(token, structure);
    children(token).forEach(look);
  };
  documents.forEach(look);
  return structure;
}

function noteUnclosed(token: CST.Token, structure: YamlStructure): void {
  if (token.type === "flow-collection" && !token.end.some((end) => /^flow-(map|seq)-end$/.test(end.type))) {
    structure.unclosedBracket = token.offset;
  }
  if (token.type === "single-quoted-scalar" && !isClosed(token.source.replaceAll("''", ""))) {
    structure.unclosedQuote = token.offset;
  }
  if (token.type === "double-quoted-scalar" && !isClosed(token.source.replaceAll(/\\[\s\S]/g, ""))) {
    structure.unclosedQuote = token.offset;
  }
}

/** Whether a quoted text, of which all that is escaped was taken away, ends with its quote. */
function isClosed(source: string): boolean {
  // Of `''` itself, the empty text, nothing is left.
  return source === "" || (source.length > 1 && source.indexOf(source.charAt(0), 1) === source.length - 1);
}

function children(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!("items" in token)) return [];
  return token.items.flatMap((item) =>
    [item.key, item.value].filter((child) => child !== undefined && child !== null),
  );
}
