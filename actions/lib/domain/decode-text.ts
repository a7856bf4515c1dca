import type { Finding } from "./finding.ts";

/** The longest file that is read at all: a pipeline of a thousand tables is a tenth of it. */
const MAX_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * Says that a file is too large to be read, from its size alone.
 *
 * @param file path from the repository's root
 * @param bytes its size
 * @returns the finding, or `undefined` when the size is fine
 */
export function checkSize(file: string, bytes: number): Finding | undefined {
  if (bytes <= MAX_BYTES) return undefined;
  return {
    rule: "file/too-large",
    severity: "error",
    file,
    line: 1,
    column: 1,
    message: `the file has ${bytes.toLocaleString("en")} bytes and was not read`,
    expected: `at most ${MAX_BYTES.toLocaleString("en")}`,
    fix: "keep data out of it, or split the pipeline in two",
  };
}

/**
 * Decodes a file's bytes as UTF-8; a byte-order mark is dropped.
 *
 * @param file path from the repository's root
 * @param bytes its content
 * @returns the text, or the finding that says why there is none
 */
export function decodeText(file: string, bytes: Uint8Array): { text: string } | { finding: Finding } {
  const tooLarge = checkSize(file, bytes.length);
  if (tooLarge !== undefined) return { finding: tooLarge };
  const text = decodeStrictly(bytes);
  return text === undefined ? { finding: notUtf8(file, bytes) } : { text };
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function notUtf8(file: string, bytes: Uint8Array): Finding {
  const { line, column } = firstBadByte(bytes);
  return {
    rule: "file/not-utf8",
    severity: "error",
    file,
    line,
    column,
    message: "the file is not UTF-8 text",
    expected: "UTF-8",
    fix: "save it as UTF-8 (`iconv -t UTF-8`)",
  };
}

function firstBadByte(bytes: Uint8Array): { line: number; column: number } {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(LINE_FEED, start);
    const content = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (decodeStrictly(content) === undefined) {
      return { line, column: new TextDecoder().decode(content).indexOf("\uFFFD") + 1 };
    }
    if (end === -1) break;
    line += 1;
    start = end + 1;
  }
  return { line, column: 1 };
}
