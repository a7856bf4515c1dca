import { expect, test } from "vitest";
import { settleInParallel } from "./settle-in-parallel.ts";

test("keeps the order and goes on after a failure", async () => {
  const outcomes = await settleInParallel(2, [30, 1, 10], async (delay) => {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (delay === 1) throw new Error("one");
    return delay;
  });
  expect(outcomes).toEqual([
    { status: "fulfilled", value: 30 },
    { status: "rejected", reason: new Error("one") },
    { status: "fulfilled", value: 10 },
  ]);
});

test("never has more under way than told", async () => {
  let now = 0;
  let most = 0;
  await settleInParallel(3, Array.from({ length: 20 }), async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
  });
  expect(most).toBe(3);
});
