import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { buildLayer } from "../domain/layer.ts";
import { fileRegistry } from "../testing/file-registry.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { PortTakenError, startLoopbackRegistry } from "./loopback-registry.ts";
import { ociRegistry } from "./oci-registry.ts";

const { program, server } = await fileRegistry();

const layer = buildLayer([{ path: "opt/hello.txt", bytes: Buffer.from("hello\n"), executable: false }]);

describe("startLoopbackRegistry", () => {
  test("tells a port that is taken", async () => {
    const start = startLoopbackRegistry({ program, port: server.port });
    await expect(start).rejects.toThrow(`port ${server.port} of this machine is taken by another program`);
    await expect(start).rejects.toBeInstanceOf(PortTakenError);
  });

  test("keeps blobs in a folder that it makes, and is gone when stopped", async () => {
    const disk = join(await temporaryFolder(), "new/blobs");
    const registry = await startLoopbackRegistry({ program, port: 0, disk });
    await ociRegistry().append({ base: undefined, layer, reference: `${registry.host}/demo/x:1` });
    expect((await promisify(execFile)("find", [disk, "-type", "f"])).stdout.trim().split("\n")).toHaveLength(
      2,
    );
    await registry.stop();
    await expect(fetch(`http://${registry.host}/v2/`)).rejects.toThrow();
  });

  test("tells when crane cannot be started", async () => {
    await expect(startLoopbackRegistry({ program: "/no/such/crane", port: 0 })).rejects.toThrow(
      "the registry on this machine cannot be started",
    );
  });
});
