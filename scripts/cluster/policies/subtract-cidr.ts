interface Range {
  address: number;
  length: number;
}

/**
 * Takes blocks out of a block of IPv4 addresses.
 *
 * @returns the blocks that are left, in CIDR notation
 */
export function subtractCidr(cidr: string, except: readonly string[]): string[] {
  const holes = except.map(parse);
  return subtract(parse(cidr), holes).map(({ address, length }) => `${format(address)}/${length}`);
}

function subtract(block: Range, holes: readonly Range[]): Range[] {
  if (holes.some((hole) => contains(hole, block))) return [];
  if (!holes.some((hole) => contains(block, hole))) return [block];
  const length = block.length + 1;
  const upper = (block.address + 2 ** (32 - length)) >>> 0;
  return [block.address, upper].flatMap((address) => subtract({ address, length }, holes));
}

function contains(outer: Range, inner: Range): boolean {
  return outer.length <= inner.length && network(inner.address, outer.length) === outer.address;
}

function parse(cidr: string): Range {
  const [text = "", length = "32"] = cidr.split("/");
  const address = text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { address: network(address, Number(length)), length: Number(length) };
}

function network(address: number, length: number): number {
  return length === 0 ? 0 : (address & (-1 << (32 - length))) >>> 0;
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
