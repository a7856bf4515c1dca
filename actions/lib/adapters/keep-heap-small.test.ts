import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const CHURN = `
let kept = [];
for (let round = 0; round < 300; round += 1) kept = Array.from({ length: 20_000 }, (_, i) => ({ i }));
const { getHeapSpaceStatistics } = await import("node:v8");
console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space").space_size);
`;

/** The size of the young part of the heap, in MiB, after much that was thrown away. */
function youngMiB(before: string): number {
  const args = ["--input-type=module", "--eval", `${before}${CHURN}`];
  return Number(execFileSync(process.execPath, args, { encoding: "utf8" })) / 1024 / 1024;
}

test("the young part of the heap stays as small as it began", () => {
  const file = join(import.meta.dirname, "keep-heap-small.ts");
  const call = `const { keepHeapSmall } = await import(${JSON.stringify(file)}); keepHeapSmall();`;
  expect(youngMiB("")).toBeGreaterThan(8);
  expect(youngMiB(call)).toBeLessThan(3);
});
