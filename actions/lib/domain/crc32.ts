/** The remainder of each byte, for the polynomial of gzip, reflected (RFC 1952, section 8). */
function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    table[byte] = value;
  }
  return table;
}

let table: Uint32Array | undefined;

/**
 * Computes the checksum that gzip ends with.
 *
 * @param bytes what to sum
 * @returns an unsigned 32-bit number
 */
export function crc32(bytes: Uint8Array): number {
  table ??= makeTable();
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}
