import { expect, test } from "vitest";
import { checkCron } from "./check-cron.ts";

test.each([
  "@hourly",
  "@daily",
  "0 0 * * *",
  "*/15 * * * *",
  "5,35 4-6 1,15 JAN-mar mon-FRI",
  "0-59/5 0 31 12 7",
  " 0  3 * * 0 ",
])("%j is a schedule", (text) => {
  expect(checkCron(text)).toBeUndefined();
});

test.each([
  ["@dayly", "there is no preset `@dayly`", "did you mean `@daily`?"],
  ["daily", "`daily` has 1 field", "did you mean `@daily`?"],
  ["* * * *", "`* * * *` has 4 fields", "write it like `30 4 * * 1-5`"],
  ["60 * * * *", "`60` is no minute", "change it in `60 * * * *`"],
  ["* 24 * * *", "`24` is no hour", "change it in `* 24 * * *`"],
  ["* * 0 * *", "`0` is no day of the month", "change it in `* * 0 * *`"],
  ["* * * 13 *", "`13` is no month", "change it in `* * * 13 *`"],
  ["* * * * 8", "`8` is no day of the week", "change it in `* * * * 8`"],
  ["* * * * funday", "`funday` is no day of the week", "change it in `* * * * funday`"],
  ["5-1 * * * *", "`5-1` is no minute", "change it in `5-1 * * * *`"],
  ["*/0 * * * *", "`*/0` is no minute", "change it in `*/0 * * * *`"],
  ["5/2 * * * *", "`5/2` is no minute", "change it in `5/2 * * * *`"],
  ["1-2-3 * * * *", "`1-2-3` is no minute", "change it in `1-2-3 * * * *`"],
  ["1,,2 * * * *", "`` is no minute", "change it in `1,,2 * * * *`"],
])("%j is none", (text, message, fix) => {
  expect(checkCron(text)).toMatchObject({ rule: "pipeline/cron", message, fix });
});
