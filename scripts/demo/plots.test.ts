import { expect, test } from "vitest";
import { plotCohorts, plotDays } from "./plots.ts";

test("a bar stands for each day, as high as its value", () => {
  const drawn = plotDays("GMV & more", [
    { day: "2024-02-28", value: 50 },
    { day: "2024-02-29", value: 100 },
    { day: "2024-03-01", value: 0 },
  ]);
  const heights = [...drawn.matchAll(/<rect [^>]*height="([\d.]+)"/g)].map(([, height]) => Number(height));
  expect(heights).toEqual([120, 240, 0]);
  expect(drawn).toContain("<title>2024-02-29: 100.00</title>");
  expect(drawn).toContain("GMV &amp; more");
});

test("a cohort has a cell for each month that has begun", () => {
  const drawn = plotCohorts("Retention", [
    { month: "2024-01-01", customers: 10, retained: [0.6, 0.25, null] },
    { month: "2024-02-01", customers: 4, retained: [0, null, null] },
  ]);
  expect(drawn.match(/<rect /g)).toHaveLength(3);
  expect([...drawn.matchAll(/>(\d+ %)</g)].map(([, share]) => share)).toEqual(["60 %", "25 %", "0 %"]);
  expect(drawn).toContain("2024-02 · 4 customers");
});
