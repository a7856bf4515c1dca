/**
 * Does the same with each of many things, some at once.
 *
 * @param atOnce how many may be under way
 * @param items the things
 * @param work what is done with one
 * @returns how each ended, in the order of the items; a failure stops none of the others
 */
export async function settleInParallel<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const outcomes: PromiseSettledResult<Result>[] = [];
  const waiting = items.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      [outcomes[index] = { status: "rejected", reason: undefined }] = await Promise.allSettled([work(item)]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeTurns));
  return outcomes;
}
