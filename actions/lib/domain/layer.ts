import { createHash } from "node:crypto";
import { crc32 } from "./crc32.ts";

/** One file of an image. */
export interface LayerFile {
  /** Path in the image, without a slash at its start: `opt/wavehouse/pipeline/pipeline.yaml`. */
  path: string;
  bytes: Uint8Array;
  executable: boolean;
}

const BLOCK = 512;
const MODE = { file: 0o644, executable: 0o755, folder: 0o755 };
/** The longest stored block that DEFLATE knows. */
const STORED_MAX = 0xffff;

/**
 * Makes an image's layer: a tar of the files and their folders, sorted, at time 0, owned by root, with modes 0644
 * and 0755, wrapped in gzip.
 *
 * Its digest is the image's identity, so not a byte may depend on the machine. Nothing is compressed therefore:
 * Node's zlib (Chromium's) finds different matches by CPU, Go's compress/flate (used by `crane append` on a plain
 * tar) changes with Go's version, and gzip's header tells the platform. DEFLATE's stored blocks hold the bytes as
 * they are, there is one way to write them, every registry and runtime reads them, and a layer of sources is small.
 * For the same reason the tar is written here and not by a library, whose next version may write it otherwise.
 *
 * @param files in any order, each path once
 * @returns the bytes of the `.tar.gz`
 */
export function buildLayer(files: readonly LayerFile[]): Uint8Array {
  return wrapInGzip(buildTar(files));
}

/**
 * Makes the tar alone (POSIX ustar; a pax record holds a path that ustar cannot).
 *
 * @param files in any order, each path once
 * @returns its bytes
 */
export function buildTar(files: readonly LayerFile[]): Uint8Array {
  const entries = new Map<string, LayerFile | undefined>();
  for (const file of files) {
    for (const folder of foldersOf(file.path)) entries.set(folder, undefined);
    if (entries.has(file.path)) throw new Error(`${file.path} is in the layer twice`);
    entries.set(file.path, file);
  }
  const chunks: Uint8Array[] = [];
  for (const path of [...entries.keys()].sort()) chunks.push(...tarEntry(path, entries.get(path)));
  chunks.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(chunks);
}

/** `a/b/c` lies in `a/` and `a/b/`. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, depth) => `${parts.slice(0, depth + 1).join("/")}/`);
}

function tarEntry(path: string, file: LayerFile | undefined): Uint8Array[] {
  const entry =
    file === undefined
      ? { mode: MODE.folder, size: 0, type: "5" }
      : { mode: file.executable ? MODE.executable : MODE.file, size: file.bytes.length, type: "0" };
  const name = splitName(path);
  const chunks: Uint8Array[] = [];
  if (name === undefined) {
    const record = paxRecord("path", path);
    chunks.push(
      tarHeader({ name: "pax_header", prefix: "" }, { mode: MODE.file, size: record.length, type: "x" }),
    );
    chunks.push(record, padding(record.length));
  }
  chunks.push(tarHeader(name ?? { name: `long/${shortName(path)}`, prefix: "" }, entry));
  if (file !== undefined) chunks.push(file.bytes, padding(file.bytes.length));
  return chunks;
}

/** For readers without pax; those with it never see this name. */
function shortName(path: string): string {
  return createHash("sha256").update(path).digest("hex").slice(0, 32);
}

/** How ustar writes a path: 100 bytes, and up to 155 before a slash; ASCII only, since it names no charset. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (!/^[\x20-\x7e]*$/.test(path)) return undefined;
  if (path.length <= 100) return { name: path, prefix: "" };
  // The first slash that leaves a name short enough; a folder's own last slash stays in the name.
  const slash = path.indexOf("/", path.length - 101);
  if (slash < 1 || slash > 155 || slash === path.length - 1) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

function tarHeader(
  at: { name: string; prefix: string },
  entry: { mode: number; size: number; type: string },
): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  header.write(at.name, 0, "latin1");
  header.write(octal(entry.mode, 8), 100, "latin1");
  header.write(octal(0, 8), 108, "latin1"); // user
  header.write(octal(0, 8), 116, "latin1"); // group
  header.write(octal(entry.size, 12), 124, "latin1");
  header.write(octal(0, 12), 136, "latin1"); // time
  header.write("        ", 148, "latin1"); // the checksum counts itself as spaces
  header.write(entry.type, 156, "latin1");
  header.write("ustar\u000000", 257, "latin1");
  header.write(octal(0, 8), 329, "latin1"); // device
  header.write(octal(0, 8), 337, "latin1");
  header.write(at.prefix, 345, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${octal(sum, 7)} `, 148, "latin1");
  return header;
}

/** As many octal digits as fit before a closing NUL. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\u0000`;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function padding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

function wrapInGzip(bytes: Uint8Array): Uint8Array {
  // Magic, DEFLATE, no flags, no time, no extra flags, "unknown" platform.
  const chunks: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])];
  for (let from = 0; from < bytes.length; from += STORED_MAX) {
    const block = bytes.subarray(from, from + STORED_MAX);
    const header = Buffer.alloc(5);
    header.writeUInt8(from + STORED_MAX >= bytes.length ? 1 : 0, 0);
    header.writeUInt16LE(block.length, 1);
    header.writeUInt16LE(~block.length & 0xffff, 3);
    chunks.push(header, block);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length % 2 ** 32, 4);
  chunks.push(trailer);
  return Buffer.concat(chunks);
}
