/**
 * Lets only so much work run at once; the rest waits its turn.
 *
 * @param most how many
 * @returns what runs a piece of work, and gives its result; with `first`, before all that waits
 */
export function atOnce(
  most: number,
): <T>(work: () => Promise<T>, options?: { first?: boolean }) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work, { first = false } = {}) => {
    if (running >= most) {
      await new Promise<void>((resolve) => (first ? waiting.unshift(resolve) : waiting.push(resolve)));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // The place goes straight to the next, so that nobody slips in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
