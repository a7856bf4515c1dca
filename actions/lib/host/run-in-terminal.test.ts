import { afterEach, expect, test } from "vitest";
import { UserError } from "../domain/user-error.ts";
import { runInTerminal } from "./run-in-terminal.ts";

afterEach(() => {
  process.exitCode = undefined;
});

async function told(work: Parameters<typeof runInTerminal>[0]) {
  let text = "";
  const result = await runInTerminal(work, (more) => {
    text += more;
  });
  return { text, result, code: process.exitCode };
}

const finding = {
  rule: "a/b",
  severity: "error",
  file: "x.yaml",
  line: 3,
  column: 4,
  message: "no",
} as const;

test("every finding is printed, above ten too, and an error fails the process", async () => {
  const result = { ok: false, outputs: {}, summary: "s", annotations: Array(14).fill(finding) };
  const { text, code, result: given } = await told(async () => result);
  expect(text).toBe("x.yaml:3:4: error: no [a/b]\n".repeat(14));
  expect(code).toBe(1);
  expect(given).toBe(result);
});

test("a success prints nothing", async () => {
  const { text, code } = await told(async () => ({ ok: true, outputs: {}, summary: "s", annotations: [] }));
  expect({ text, code }).toEqual({ text: "", code: undefined });
});

test("a user error is one line, a bug comes with its stack", async () => {
  expect(
    await told(async () => {
      throw new UserError("install Java 17");
    }),
  ).toEqual({ text: "error: install Java 17\n", result: undefined, code: 1 });
  const { text } = await told(async () => {
    throw new RangeError("deep");
  });
  expect(text).toMatch(
    /RangeError: deep\n\s+at [\s\S]*error: Unexpected failure, a bug in this action: RangeError: deep\n$/,
  );
});
