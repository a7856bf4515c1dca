import { Composer, type CST, type Document } from "yaml";
import { decodeText } from "./decode-text.ts";
import type { Finding } from "./finding.ts";
import { LineIndex } from "./line-index.ts";
import type { Problem } from "./problem.ts";
import type { YamlPositions } from "./yaml-positions.ts";
import { inspectYamlTokens, type YamlStructure } from "./yaml-structure.ts";
import { explainYamlError, UNCLOSED_QUOTE } from "./yaml-syntax.ts";
import { MAX_DEPTH, tokenizeYaml } from "./yaml-tokens.ts";
import { readYamlValue } from "./yaml-value.ts";

/** A YAML file as data. */
export interface ParsedYaml {
  findings: Finding[];
  /** Missing where the findings leave nothing that could be checked further. */
  document?: { value: unknown; positions: YamlPositions };
}

/**
 * Reads one YAML 1.2 document and remembers where everything was written.
 *
 * What the Python side might read otherwise is refused: directives, tags and second documents. Time and memory are
 * bounded whatever the content: by size, by depth, and by what aliases stand for.
 *
 * @param content the file's bytes, or its text
 * @param file path from the repository's root, for the findings
 * @returns the value with its positions, and what is wrong
 */
export function parseYaml(content: Uint8Array | string, file: string): ParsedYaml {
  const decoded = decodeText(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  if ("finding" in decoded) return { findings: [decoded.finding] };
  const lines = new LineIndex(decoded.text);
  const { problems, document } = parseText(decoded.text, lines);
  const findings = problems.map(({ offset, problem }): Finding => {
    return { severity: "error", file, ...lines.at(offset), ...problem };
  });
  return document === undefined ? { findings } : { findings, document };
}

function parseText(text: string, lines: LineIndex): ReturnType<typeof readYamlValue> {
  const control = CONTROL.exec(text);
  if (control !== null) return refuse(control.index, controlCharacter(control[0]));
  const tokenized = tokenizeYaml(text);
  if ("tooDeep" in tokenized) return refuse(tokenized.tooDeep, TOO_DEEP);
  const { tokens } = tokenized;
  const structure = inspectYamlTokens(tokens);
  const documents = compose(tokens, text.length);
  const failed = firstError(documents, text, structure);
  if (failed !== undefined) return refuse(failed.offset, failed.problem);
  if (structure.unclosedQuote !== undefined) return refuse(structure.unclosedQuote, UNCLOSED_QUOTE);
  if (structure.directive !== undefined) return refuse(structure.directive, DIRECTIVE);
  if (structure.secondDocument !== undefined) return refuse(structure.secondDocument, MULTIPLE_DOCUMENTS);
  const root = documents[0]?.contents ?? null;
  return root === null || root.range[0] === root.range[1] ? refuse(0, EMPTY) : readYamlValue(root, lines);
}

function compose(tokens: readonly CST.Token[], length: number): Document.Parsed[] {
  // The library's own search for duplicate keys takes quadratic time; `readYamlValue` finds them in one pass.
  return [...new Composer({ uniqueKeys: false }).compose(tokens, true, length)];
}

function firstError(documents: readonly Document.Parsed[], text: string, structure: YamlStructure) {
  const [first, ...more] = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  return first === undefined ? undefined : explainYamlError([first, ...more], text, structure);
}

function refuse(offset: number, problem: Problem): ReturnType<typeof readYamlValue> {
  return { document: undefined, problems: [{ offset, problem }] };
}

/** YAML allows tab, line feed, carriage return and next line; other control characters nowhere, not even quoted. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/;

function controlCharacter(character: string): Problem {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase();
  return {
    rule: "yaml/control-character",
    message: `a control character (U+${code})`,
    expected: "text",
    fix: "delete it; in double quotes it can be written as an escape",
  };
}

const TOO_DEEP: Problem = {
  rule: "yaml/too-deep",
  message: "the values are nested too deep, so the file was not read",
  expected: `at most ${MAX_DEPTH} levels`,
  fix: "flatten it",
};

const DIRECTIVE: Problem = {
  rule: "yaml/directive",
  message: "a directive",
  expected: "plain YAML 1.2",
  fix: "drop the line",
};

const MULTIPLE_DOCUMENTS: Problem = {
  rule: "yaml/multiple-documents",
  message: "a second document starts here",
  expected: "one document a file",
  fix: "move it to a file of its own",
};

const EMPTY: Problem = {
  rule: "yaml/empty",
  message: "the file is empty",
  expected: "a document",
  fix: "write it, or delete the file",
};
