/** Numbers that look random and follow from a seed, a stream and an index alone: any row can be made again by itself. */
export class Draw {
  #state: number;

  /**
   * @param seed the shop's
   * @param stream what is drawn for: each kind of row has its own
   * @param index which row of that kind
   */
  constructor(seed: number, stream: number, index: number) {
    this.#state = mix(mix(mix(0x9e3779b9, seed), stream), index) >>> 0;
  }

  /** @returns at least 0 and below 1 (splitmix32) */
  unit(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4_294_967_296;
  }

  /** @returns a whole number of `from` to `to`, both included */
  whole(from: number, to: number): number {
    return from + Math.floor(this.unit() * (to - from + 1));
  }

  /** @returns whether it is one of that share of cases */
  chance(share: number): boolean {
    return this.unit() < share;
  }

  /**
   * @param list at least one item
   * @returns one of them
   */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[Math.floor(this.unit() * list.length)] ?? list[0];
  }
}

/** One round of MurmurHash3 over 32 bits. */
function mix(hash: number, value: number): number {
  let k = Math.imul(value | 0, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
