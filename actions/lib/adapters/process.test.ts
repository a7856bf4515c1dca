import { describe, expect, test } from "vitest";
import { ProcessError, runProcess } from "./process.ts";

const node = process.execPath;
const script = (code: string): { file: string; args: string[] } => ({ file: node, args: ["-e", code] });

async function failureOf(run: Promise<unknown>): Promise<ProcessError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof ProcessError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("runProcess", () => {
  test("passes arguments, input and environment as they are", async () => {
    const { stdout } = await runProcess({
      file: node,
      args: [
        "-e",
        "process.stdin.on('data', d => console.log(process.argv[1], process.env.GREETING, process.env.GONE, String(d)))",
        "$(echo no) ; *",
      ],
      env: { GREETING: "hej", GONE: undefined },
      stdin: "input",
    });
    expect(stdout.toString()).toBe("$(echo no) ; * hej undefined input\n");
  });

  test("keeps bytes that are no text", async () => {
    const { stdout } = await runProcess(script("process.stdout.write(Buffer.from([0, 255, 10]))"));
    expect([...stdout]).toEqual([0, 255, 10]);
  });

  test("fails with the exit code and the last lines of standard error", async () => {
    const error = await failureOf(
      runProcess(script("for (let i = 0; i < 50; i++) console.error('line ' + i); process.exit(3)")),
    );
    expect(error).toMatchObject({ failure: "exit", exitCode: 3 });
    expect(error.message).toMatch(/exited with 3:\nline 30\n(line \d+\n)+line 49$/);
    expect(error.stderr).toContain("line 0\n");
  });

  test("ends a program that takes too long, even one that ignores SIGTERM", async () => {
    const started = Date.now();
    const error = await failureOf(
      runProcess({
        ...script("process.on('SIGTERM', () => {}); console.error('busy'); setInterval(() => {}, 1000)"),
        timeoutMs: 500,
      }),
    );
    expect(error.failure).toBe("timeout");
    expect(error.message).toContain("took longer than 0.5 s");
    expect(error.stderr).toContain("busy");
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test("ends a program that writes too much", async () => {
    const error = await failureOf(
      runProcess({ ...script("setInterval(() => console.log('x'.repeat(1000)), 1)"), maxOutputBytes: 5000 }),
    );
    expect(error.failure).toBe("too-much-output");
  });

  test("says that a program is not there", async () => {
    const error = await failureOf(runProcess({ file: "wavehouse-no-such-program", args: [] }));
    expect(error.failure).toBe("not-found");
    expect(error.message).toBe("wavehouse-no-such-program was not found (is it installed and on PATH?)");
  });

  test("does not mind a program that never reads its input", async () => {
    const { stdout } = await runProcess({ ...script("console.log('done')"), stdin: Buffer.alloc(4_000_000) });
    expect(stdout.toString()).toBe("done\n");
  });
});
