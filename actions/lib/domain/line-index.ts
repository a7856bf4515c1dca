/** A place in a text; both count from 1, columns in UTF-16 units, as editors and GitHub do. */
export interface Position {
  line: number;
  column: number;
}

/** Turns offsets of one text into lines and columns. */
export class LineIndex {
  readonly #starts: number[] = [0];
  readonly #length: number;

  /**
   * @param text the whole text; lines end at `\n`, `\r\n` or a lone `\r`
   */
  constructor(text: string) {
    this.#length = text.length;
    for (const match of text.matchAll(/\r\n|\r|\n/g)) this.#starts.push(match.index + match[0].length);
  }

  /**
   * @param offset in UTF-16 units; one outside the text counts as its nearest end
   * @returns the line and column of that offset
   */
  at(offset: number): Position {
    const wanted = Math.min(Math.max(offset, 0), this.#length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= wanted) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: wanted - (this.#starts[low] ?? 0) + 1 };
  }
}
