import type { Memory } from "../ports/memory.ts";

/** A `Memory` for as long as the program runs. */
export function mapMemory(): Memory {
  const values = new Map<string, unknown>();
  return {
    get: (kind, name) => values.get(`${kind} ${name}`),
    set: (kind, name, value) => {
      values.set(`${kind} ${name}`, value);
    },
    save: () => undefined,
  };
}
