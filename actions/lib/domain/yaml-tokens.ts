import { type CST, Lexer, Parser } from "yaml";

/** Deeper than any file people write. */
export const MAX_DEPTH = 64;

/**
 * Cuts a YAML text into tokens, as far as nesting stays within bounds: what comes next recurses.
 *
 * @param text the whole text
 * @returns the tokens of the stream, or the offset at which it is nested deeper than `MAX_DEPTH`
 */
export function tokenizeYaml(text: string): { tokens: CST.Token[] } | { tooDeep: number } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The parser keeps what it is inside of on a stack, below the document.
    if (parser.stack.length > MAX_DEPTH) return { tooDeep: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens };
}
