import type { JsonPointer } from "./json-pointer.ts";
import type { Position } from "./line-index.ts";

/** Where each value of a YAML document was written. */
export class YamlPositions {
  readonly #keys = new Map<JsonPointer, Position>();
  readonly #values = new Map<JsonPointer, Position>();

  /** Notes where a value starts and, inside a mapping, where its key does. */
  note(pointer: JsonPointer, value: Position, key?: Position): void {
    this.#values.set(pointer, value);
    if (key !== undefined) this.#keys.set(pointer, key);
  }

  /**
   * @param pointer to a value
   * @returns where it starts, or the nearest value around it that is written in the file
   */
  value(pointer: JsonPointer): Position {
    return this.#values.get(pointer) ?? this.#around(pointer, (outer) => this.value(outer));
  }

  /**
   * @param pointer to a value
   * @returns where its key starts; for an item of a list, the item; else the nearest key around it
   */
  key(pointer: JsonPointer): Position {
    const known = this.#keys.get(pointer) ?? this.#values.get(pointer);
    return known ?? this.#around(pointer, (outer) => this.key(outer));
  }

  #around(pointer: JsonPointer, look: (outer: JsonPointer) => Position): Position {
    const cut = pointer.lastIndexOf("/");
    return cut === -1 ? { line: 1, column: 1 } : look(pointer.slice(0, cut));
  }
}
