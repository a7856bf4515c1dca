import type { CST } from "yaml";

/** Deeper than any file people write; the next step, composing, recurses. */
export const MAX_DEPTH = 64;

/** What the tokens of a YAML text tell before values are made of them; all are offsets. */
export interface YamlStructure {
  /** Where nesting passes `MAX_DEPTH`. */
  tooDeep?: number;
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
 * Looks through the tokens of a text, without recursion, so that no nesting can exhaust the stack.
 *
 * @param tokens of the whole text
 * @returns what is remarkable about them
 */
export function inspectYamlTokens(tokens: readonly CST.Token[]): YamlStructure {
  const structure: YamlStructure = {};
  const documents = tokens.filter((token) => token.type === "document");
  const directive = tokens.find((token) => token.type === "directive");
  if (directive !== undefined) structure.directive = directive.offset;
  if (documents[1] !== undefined) structure.secondDocument = documents[1].offset;

  const stack = documents.map((document) => ({ token: document as CST.Token, depth: 0 })).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return { ...structure, tooDeep: token.offset };
    noteUnclosed(token, structure);
    for (const child of children(token).reverse()) stack.push({ token: child, depth: depth + 1 });
  }
  return structure;
}

function noteUnclosed(token: CST.Token, structure: YamlStructure): void {
  if (token.type === "flow-collection" && !token.end.some((end) => /^flow-(map|seq)-end$/.test(end.type))) {
    structure.unclosedBracket = token.offset;
  }
  if (token.type === "single-quoted-scalar" && !/^'(?:[^']|'')*'$/.test(token.source)) {
    structure.unclosedQuote = token.offset;
  }
  if (token.type === "double-quoted-scalar" && !/^"(?:[^"\\]|\\[\s\S])*"$/.test(token.source)) {
    structure.unclosedQuote = token.offset;
  }
}

function children(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!("items" in token)) return [];
  return token.items.flatMap((item) =>
    [item.key, item.value].filter((child) => child !== undefined && child !== null),
  );
}
