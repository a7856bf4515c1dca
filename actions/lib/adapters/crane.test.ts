import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildLayer } from "../domain/layer.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";
import { craneProgram } from "../testing/crane-program.ts";
import { closedPort, stubServer } from "../testing/stub-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { type CraneOptions, craneRegistry } from "./crane.ts";
import { type LoopbackRegistry, PortTakenError, startLoopbackRegistry } from "./loopback-registry.ts";
import { runProcess } from "./process.ts";

let program: string;
let server: LoopbackRegistry;

beforeAll(async () => {
  program = await craneProgram();
  server = await startLoopbackRegistry({ program, port: 0 });
});
afterAll(() => server?.stop());

const layer = buildLayer([{ path: "opt/hello.txt", bytes: Buffer.from("hello\n"), executable: false }]);

/** crane whose waits are only counted. */
function patient(more: Partial<CraneOptions> = {}): { registry: ImageRegistry; waits: number[] } {
  const waits: number[] = [];
  const sleep = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  return { registry: craneRegistry({ program, sleep, random: () => 1, ...more }), waits };
}

describe("against a real registry", () => {
  test("an image that is not there has no digest", async () => {
    const { registry, waits } = patient();
    expect(await registry.digest(`${server.host}/never/pushed:tag`)).toBeUndefined();
    expect(waits).toEqual([]);
  });

  test("what is appended is there, by this very digest on every machine, with the layer's bytes as given", async () => {
    const reference = `${server.host}/demo/hello:one`;
    const { registry } = patient();
    const digest = await registry.append({ base: undefined, layer, reference });
    expect(digest).toBe("sha256:1ff3e4003dac4ac5e364ac321a2166c361390100deb327a5f6218b2ead5cba66");
    expect(await registry.digest(reference)).toBe(digest);
    const { stdout } = await runProcess({ file: program, args: ["manifest", reference] });
    expect(JSON.parse(stdout.toString())).toMatchObject({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      layers: [{ size: layer.length, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" }],
    });
    const files = await runProcess({
      file: program,
      args: ["export", `${server.host}/demo/hello@${digest}`, "-"],
    });
    const read = await runProcess({ file: "tar", args: ["-xOf", "-", "opt/hello.txt"], stdin: files.stdout });
    expect(read.stdout.toString()).toBe("hello\n");
  });

  test("an image stands on its base", async () => {
    const { registry } = patient();
    const base = `${server.host}/demo/base`;
    const digest = await registry.append({ base: undefined, layer, reference: `${base}:1` });
    const reference = `${server.host}/demo/above:1`;
    const above = buildLayer([{ path: "opt/above.txt", bytes: Buffer.from("above\n"), executable: false }]);
    await registry.append({ base: `${base}@${digest}`, layer: above, reference });
    const { stdout } = await runProcess({ file: program, args: ["manifest", reference] });
    expect(JSON.parse(stdout.toString()).layers).toHaveLength(2);
  });

  test("a base that has vanished is told as such", async () => {
    const { registry } = patient();
    const base = `${server.host}/demo/gone:1`;
    await expect(registry.append({ base, layer, reference: `${server.host}/demo/x:1` })).rejects.toThrow(
      `the base image ${base} is not in its registry any more`,
    );
  });
});

describe("against a registry that fails", () => {
  const json = (code: string): string => JSON.stringify({ errors: [{ code, message: `told ${code}` }] });
  const answers = (
    status: number,
    body: string,
    headers: Record<string, string> = {},
  ): ReturnType<typeof stubServer> =>
    stubServer((request, response) => {
      if (request.url === "/v2/") return response.writeHead(200).end("{}");
      return response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
    });

  const workOn = (registry: ImageRegistry, reference: string): Promise<unknown>[] =>
    [registry.digest(reference), registry.append({ base: undefined, layer, reference })].map((work) =>
      work.then(
        () => "it went well",
        (thrown: unknown) => thrown,
      ),
    );

  test.each([
    [401, "UNAUTHORIZED", /wants a login \(401\); run docker\/login-action/],
    [403, "DENIED", /denies it \(403\).*packages: write/],
    [403, "SOMETHING", /denies it \(403\)/],
  ])("%i %s is told at once, in look-up and push", async (status, code, message) => {
    const stub = await answers(status, json(code));
    const { registry, waits } = patient();
    for (const error of await Promise.all(workOn(registry, `${stub.host}/demo/x:1`))) {
      expect(error).toBeInstanceOf(UserError);
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain(stub.host);
    }
    expect(waits).toEqual([]);
  });

  // All at once, and pushes only: crane itself waits 4 s over each of them, and 8 s over a look-up.
  test("429, 5xx and closed connections are told when they last", async () => {
    const { registry } = patient({ tries: 1 });
    const busy = await answers(429, json("SOMETHING"));
    const broken = await answers(500, json("UNKNOWN"));
    const closing = await stubServer((request) => request.socket.destroy());
    const told = [busy, broken, closing].map(({ host }) =>
      registry.append({ base: undefined, layer, reference: `${host}/demo/x:1` }).catch(String),
    );
    expect(await Promise.all(told)).toEqual([
      expect.stringMatching(/^UserError: .*takes no more requests/),
      expect.stringMatching(/^UserError: .*fails \(5xx\)/),
      expect.stringMatching(/^UserError: .*closes the connection/),
    ]);
  });

  test.each(["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "SOMETHING"])("404 %s is a missing image", async (code) => {
    const stub = await answers(404, json(code));
    expect(await patient().registry.digest(`${stub.host}/demo/x:1`)).toBeUndefined();
  });

  test("404 from HEAD and another answer from GET is no missing image", async () => {
    const stub = await stubServer((request, response) => {
      if (request.url === "/v2/") return response.writeHead(200).end("{}");
      if (request.method === "HEAD") return response.writeHead(404).end();
      return response.writeHead(403).end(json("DENIED"));
    });
    await expect(patient().registry.digest(`${stub.host}/demo/x:1`)).rejects.toThrow(/denies it \(403\)/);
  });

  test("404 for a push is no missing base", async () => {
    const stub = await answers(404, json("NAME_UNKNOWN"));
    const reference = `${stub.host}/demo/x:1`;
    await expect(patient().registry.append({ base: undefined, layer, reference })).rejects.toThrow(
      `the registry ${stub.host} has no such repository and makes none; create it there first`,
    );
  });

  test("a web page is no registry, whatever status it has", async () => {
    const stub = await stubServer((_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>hello</html>"),
    );
    const reference = `${stub.host}/demo/x:1`;
    await expect(patient().registry.digest(reference)).rejects.toThrow(/is no container registry/);
    await expect(patient().registry.append({ base: undefined, layer, reference })).rejects.toThrow(
      /is no container registry/,
    );
  });

  test("a registry without HEAD is asked by GET, and its manifest is looked at", async () => {
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
    });
    const stub = await stubServer((request, response) => {
      if (request.url === "/v2/") return response.writeHead(200).end("{}");
      if (request.method === "HEAD") return response.writeHead(405).end();
      return response
        .writeHead(200, { "content-type": "application/vnd.oci.image.manifest.v1+json" })
        .end(manifest);
    });
    expect(await patient().registry.digest(`${stub.host}/demo/x:1`)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("a connection that is refused is told at once", async () => {
    const { registry, waits } = patient();
    const host = `127.0.0.1:${await closedPort()}`;
    await expect(registry.digest(`${host}/demo/x:1`)).rejects.toThrow(
      `the registry ${host} refuses the connection; is it running, and is this its port?`,
    );
    expect(waits).toEqual([]);
  });

  test("a name that nobody knows is told at once", async () => {
    const { registry, waits } = patient();
    await expect(registry.digest("registry.example.invalid/demo/x:1")).rejects.toThrow(
      /there is no registry registry\.example\.invalid; check its name and the network|cannot be reached/,
    );
    expect(waits).toEqual([]);
  });

  test("a registry that never answers is given up", async () => {
    const stub = await stubServer(() => {});
    const { registry } = patient({ lookUpTimeoutMs: 500 });
    await expect(registry.digest(`${stub.host}/demo/x:1`)).rejects.toThrow(/did not answer in time/);
  });

  test("crane that is not there is told", async () => {
    const { registry } = patient({ program: "/no/such/crane" });
    await expect(registry.digest("localhost:1/demo/x:1")).rejects.toThrow("/no/such/crane was not found");
  });
});

describe("tries", () => {
  /** A crane that fails as real ones did, as often as told, and then answers. */
  async function failing(times: number): Promise<string> {
    const folder = await temporaryFolder();
    const script = `#!/bin/sh
cd ${folder} && echo . >> calls
if [ "$(wc -l < calls)" -le ${times} ]; then
  echo 'Error: GET https://r/v2/x/manifests/1: TOOMANYREQUESTS: slow down' >&2; exit 1
fi
echo sha256:${"a".repeat(64)}
`;
    await writeFile(join(folder, "crane"), script, { mode: 0o755 });
    return join(folder, "crane");
  }
  const digest = `sha256:${"a".repeat(64)}`;

  test("once more by default, after a wait", async () => {
    const { registry, waits } = patient({ program: await failing(1) });
    expect(await registry.digest("localhost:1/x:1")).toBe(digest);
    expect(waits).toEqual([4000]);
  });

  test("and then gives up, saying so", async () => {
    const { registry } = patient({ program: await failing(2) });
    await expect(registry.digest("localhost:1/x:1")).rejects.toThrow(/slow down\) \(tried 2 times\)$/);
  });

  test("waits longer from try to try, within a bound, up to a half less by chance", async () => {
    const most = patient({ program: await failing(5), tries: 6 });
    expect(await most.registry.digest("localhost:1/x:1")).toBe(digest);
    expect(most.waits).toEqual([4000, 8000, 16_000, 30_000, 30_000]);
    const least = patient({ program: await failing(2), tries: 3, random: () => 0 });
    expect(await least.registry.digest("localhost:1/x:1")).toBe(digest);
    expect(least.waits).toEqual([2000, 4000]);
  });
});

describe("startLoopbackRegistry", () => {
  test("tells a port that is taken", async () => {
    const start = startLoopbackRegistry({ program, port: server.port });
    await expect(start).rejects.toThrow(`port ${server.port} of this machine is taken by another program`);
    await expect(start).rejects.toBeInstanceOf(PortTakenError);
  });

  test("keeps blobs in a folder that it makes, and is gone when stopped", async () => {
    const disk = join(await temporaryFolder(), "new/blobs");
    const registry = await startLoopbackRegistry({ program, port: 0, disk });
    await patient().registry.append({ base: undefined, layer, reference: `${registry.host}/demo/x:1` });
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
