import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { exclusively } from "./exclusively.ts";

test.runIf(process.platform === "linux")("a second command is told which one is at work", async () => {
  const state = await temporaryFolder();
  const works: string[] = [];
  await exclusively({ state }, "up", async () => {
    const second = exclusively({ state }, "down", async () => works.push("down"));
    await expect(second).rejects.toThrow(
      `\`up\` (process ${process.pid}) is at work on the cluster in ${state}`,
    );
    await exclusively({ state: `${state}/other` }, "up", async () => works.push("other"));
  });
  await exclusively({ state }, "down", async () => works.push("after"));
  expect(works).toEqual(["other", "after"]);
});

test.runIf(process.platform === "linux")("a work that fails leaves nothing claimed", async () => {
  const state = await temporaryFolder();
  const failing = exclusively({ state }, "up", () => Promise.reject(new Error("no disk")));
  await expect(failing).rejects.toThrow("no disk");
  expect(await exclusively({ state }, "up", async () => "again")).toBe("again");
});

test.runIf(process.platform === "linux")("a command that was killed leaves nothing claimed", async () => {
  const state = await temporaryFolder();
  const source = JSON.stringify(join(import.meta.dirname, "exclusively.ts"));
  const program = `import { exclusively } from ${source};
    await exclusively({ state: ${JSON.stringify(state)} }, "up", () => {
      console.log("begun");
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const other = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(other.stdout, "data");
  await expect(exclusively({ state }, "down", async () => {})).rejects.toThrow(
    `\`up\` (process ${other.pid})`,
  );
  other.kill("SIGKILL");
  await once(other, "exit");
  expect(await exclusively({ state }, "down", async () => "done")).toBe("done");
});
