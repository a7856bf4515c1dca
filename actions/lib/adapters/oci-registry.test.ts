import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildLayer } from "../domain/layer.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";
import { fileRegistry } from "../testing/file-registry.ts";
import { closedPort, stubServer } from "../testing/stub-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startLoopbackRegistry } from "./loopback-registry.ts";
import { ociRegistry } from "./oci-registry.ts";
import { runProcess } from "./process.ts";
import type { RegistryClientOptions } from "./registry-client.ts";
import { readLogin } from "./registry-logins.ts";

const { program, server } = await fileRegistry();

const layer = buildLayer([{ path: "opt/hello.txt", bytes: Buffer.from("hello\n"), executable: false }]);

type Registry = ImageRegistry & ImageEvidence;

/** A registry's client whose waits are only counted. */
function patient(more: RegistryClientOptions = {}): { registry: Registry; waits: number[] } {
  const waits: number[] = [];
  const sleep = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  return { registry: ociRegistry({ sleep, random: () => 1, login: async () => undefined, ...more }), waits };
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
    expect(digest).toBe("sha256:7f671932a899fb0eb7564a58ae08515d312fd0c02a0bd2345f47e74d10cf588a");
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

  test("a base from another registry comes along, layer by layer", async () => {
    const other = await startLoopbackRegistry({ program, port: 0 });
    try {
      const { registry } = patient();
      const base = `${server.host}/demo/elsewhere`;
      const digest = await registry.append({ base: undefined, layer, reference: `${base}:1` });
      const above = buildLayer([{ path: "opt/a.txt", bytes: Buffer.from("a\n"), executable: false }]);
      const reference = `${other.host}/demo/above:1`;
      await registry.append({ base: `${base}@${digest}`, layer: above, reference });
      const { stdout } = await runProcess({ file: program, args: ["export", reference, "-"] });
      const read = await runProcess({ file: "tar", args: ["-tf", "-"], stdin: stdout });
      expect(read.stdout.toString()).toContain("opt/hello.txt");
      await runProcess({ file: program, args: ["validate", "--remote", reference] });
    } finally {
      await other.stop();
    }
  });

  test("what an image says of itself is in its labels, and those of its base stay", async () => {
    const { registry } = patient();
    const made = (created: string, labels: Record<string, string>) => ({ created, labels });
    const base = `${server.host}/demo/labelled`;
    const digest = await registry.append({
      base: undefined,
      layer,
      reference: `${base}:1`,
      metadata: made("2026-01-01T00:00:00Z", { "org.opencontainers.image.title": "base", kept: "yes" }),
    });
    const reference = `${server.host}/demo/labelled-above:1`;
    const above = buildLayer([{ path: "opt/b.txt", bytes: Buffer.from("b\n"), executable: false }]);
    const metadata = made("2026-02-01T00:00:00Z", { "org.opencontainers.image.title": "above" });
    await registry.append({ base: `${base}@${digest}`, layer: above, reference, metadata });
    const { stdout } = await runProcess({ file: program, args: ["config", reference] });
    expect(JSON.parse(stdout.toString())).toMatchObject({
      created: "2026-02-01T00:00:00Z",
      config: { Labels: { "org.opencontainers.image.title": "above", kept: "yes" } },
      history: [{ created: "2026-01-01T00:00:00Z" }, { created: "2026-02-01T00:00:00Z" }],
    });
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

  test("429, 5xx and closed connections are told when they last", async () => {
    const { registry, waits } = patient();
    const busy = await answers(429, json("SOMETHING"));
    const broken = await answers(500, json("UNKNOWN"));
    const closing = await stubServer((request) => request.socket.destroy());
    const told = [busy, broken, closing].map(({ host }) =>
      registry.append({ base: undefined, layer, reference: `${host}/demo/x:1` }).catch(String),
    );
    expect(await Promise.all(told)).toEqual([
      expect.stringMatching(/^UserError: .*takes no more requests/),
      expect.stringMatching(/^UserError: .*fails \(5xx\)/),
      expect.stringMatching(/^UserError: .*closes the connection.* \(tried 4 times\)$/),
    ]);
    // Three each for the layer and for the configuration, which go at once.
    expect(waits).toHaveLength(18);
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

  test("bytes that are not what their digest says are refused", async () => {
    const stub = await answers(200, JSON.stringify({ schemaVersion: 2, config: {}, layers: [] }));
    const image = { repository: `${stub.host}/demo/x`, digest: `sha256:${"a".repeat(64)}` };
    await expect(patient().registry.manifest(image)).rejects.toThrow(
      /lies: what it gives for \S+ has the digest sha256:[0-9a-f]{64}; its content was changed/,
    );
    const blob = { mediaType: "text/plain", digest: image.digest, size: 3 };
    await expect(patient().registry.blob(image.repository, blob)).rejects.toThrow(/lies: .*the blob/);
  });

  test("a registry that says another digest of what was pushed is refused", async () => {
    const stub = await stubServer((request, response) => {
      if (request.method === "HEAD") return response.writeHead(404).end();
      if (request.method === "POST") return response.writeHead(202, { location: "/v2/up" }).end();
      request.resume();
      return response.writeHead(201, { "docker-content-digest": `sha256:${"b".repeat(64)}` }).end();
    });
    await expect(
      patient().registry.append({ base: undefined, layer, reference: `${stub.host}/demo/x:1` }),
    ).rejects.toThrow(/lies: it says that .*demo\/x:1 is sha256:b{64}, and what was pushed is sha256:/);
  });

  test.each([
    [405, "UNSUPPORTED", "is read-only"],
    [507, "UNKNOWN", "is full"],
    [500, "UNKNOWN: no space left on device", "is full"],
  ])("%i %s in a push: the registry %s, told at once, and no tag is made", async (status, code, message) => {
    const stub = await stubServer((request, response) => {
      if (request.method === "HEAD") return response.writeHead(404).end();
      return response.writeHead(status).end(json(code));
    });
    const { registry, waits } = patient();
    const reference = `${stub.host}/demo/x:1`;
    await expect(registry.append({ base: undefined, layer, reference })).rejects.toThrow(message);
    expect(waits).toEqual([]);
    expect(stub.requests.filter((request) => request.includes("/manifests/"))).toEqual([]);
  });
});

describe("tries", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  /** A registry that asks to slow down, as often as told, and then answers. */
  const failing = (times: number, headers: Record<string, string> = {}) => {
    let asked = 0;
    return stubServer((_, response) => {
      if (++asked <= times) return response.writeHead(429, headers).end();
      return response.writeHead(200, { "docker-content-digest": digest }).end();
    });
  };

  test("waits longer from try to try, within a bound, up to a half less by chance, then gives up", async () => {
    const most = patient({ tries: 8 });
    expect(await most.registry.digest(`${(await failing(7)).host}/x:1`)).toBe(digest);
    expect(most.waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    const least = patient({ random: () => 0 });
    expect(await least.registry.digest(`${(await failing(3)).host}/x:1`)).toBe(digest);
    expect(least.waits).toEqual([500, 1000, 2000]);
    await expect(patient().registry.digest(`${(await failing(4)).host}/x:1`)).rejects.toThrow(
      /takes no more requests for now \(429\).*\(tried 4 times\)$/,
    );
  });

  test("waits as long as the registry asks for, within the bound", async () => {
    const { registry, waits } = patient();
    await registry.digest(`${(await failing(1, { "retry-after": "7" })).host}/x:1`);
    await registry.digest(`${(await failing(1, { "retry-after": "700" })).host}/x:1`);
    expect(waits).toEqual([7000, 30_000]);
  });

  test("a date is what it is by the registry's own clock, which may be wrong", async () => {
    const { registry, waits } = patient();
    const date = "Fri, 01 Jan 2027 00:00:00 GMT";
    const later = "Fri, 01 Jan 2027 00:00:09 GMT";
    await registry.digest(`${(await failing(1, { date, "retry-after": later })).host}/x:1`);
    await registry.digest(`${(await failing(1, { date: later, "retry-after": date })).host}/x:1`);
    await registry.digest(`${(await failing(1, { "retry-after": "soon" })).host}/x:1`);
    expect(waits).toEqual([9000, 1000, 1000]);
  });

  test("a 503 is waited out as long as it asks for, too", async () => {
    let asked = 0;
    const stub = await stubServer((_, response) => {
      if (++asked === 1) return response.writeHead(503, { "retry-after": "5" }).end();
      return response.writeHead(200, { "docker-content-digest": digest }).end();
    });
    const { registry, waits } = patient();
    expect(await registry.digest(`${stub.host}/x:1`)).toBe(digest);
    expect(waits).toEqual([5000]);
  });
});

describe("logins", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

  /** A registry whose tokens are made by itself, as GHCR, ECR and Artifact Registry do it. */
  const guarded = async (wanted: string, busy: number[] = []) => {
    const seen: string[] = [];
    const stub = await stubServer((request, response) => {
      const { authorization = "" } = request.headers;
      const url = new URL(request.url ?? "", "http://x");
      if (url.pathname === "/token") {
        const status = busy.shift();
        if (status !== undefined) return response.writeHead(status, { "retry-after": "3" }).end();
        seen.push(`${authorization} ${url.searchParams.getAll("scope").join(" ")}`);
        return authorization === wanted
          ? response.end(JSON.stringify({ token: "short-lived" }))
          : response.writeHead(401).end(json401);
      }
      if (authorization === "Bearer short-lived") {
        return response.writeHead(200, { "docker-content-digest": digest }).end();
      }
      const realm = `http://${request.headers.host}/token`;
      const challenge = `Bearer realm="${realm}",service="x",scope="repository:acme/x:pull"`;
      return response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    return { stub, seen };
  };
  const json401 = JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "who are you?" }] });

  test("a password becomes a token for the one repository, once", async () => {
    const { stub, seen } = await guarded(basic("robot:s3cret"));
    const { registry } = patient({ login: async () => ({ user: "robot", password: "s3cret" }) });
    for (let time = 0; time < 2; time++) {
      expect(await registry.digest(`${stub.host}/acme/x:1`)).toBe(digest);
    }
    expect(seen).toEqual([`${basic("robot:s3cret")} repository:acme/x:pull`]);
  });

  test("who makes the tokens is asked again where that is busy, and told where that stays so", async () => {
    const { stub } = await guarded("", [429, 502]);
    const { registry, waits } = patient();
    expect(await registry.digest(`${stub.host}/acme/x:1`)).toBe(digest);
    expect(waits).toEqual([3000, 3000]);
    const ill = await guarded("", [503, 503, 503, 503]);
    await expect(patient().registry.digest(`${ill.stub.host}/acme/x:1`)).rejects.toThrow(
      /fails \(5xx\).*GET \S+\/token: 503\) \(tried 4 times\)$/,
    );
  });

  test("a wrong password is told, and the password is not", async () => {
    const { stub } = await guarded(basic("robot:right"));
    const { registry } = patient({ login: async () => ({ user: "robot", password: "wr0ng" }) });
    const told = await registry.digest(`${stub.host}/acme/x:1`).catch(String);
    expect(told).toMatch(/wants a login \(401\)/);
    expect(told).not.toContain("wr0ng");
  });

  test("Docker's configuration, its credential helpers, and Docker Hub's other names", async () => {
    const folder = await temporaryFolder();
    const helper = join(folder, "docker-credential-test");
    await writeFile(
      helper,
      `#!/bin/sh
read server
case "$server" in
  123.dkr.ecr.eu-west-1.amazonaws.com) echo '{"Username":"AWS","Secret":"short"}' ;;
  europe-docker.pkg.dev) echo '{"Username":"<token>","Secret":"identity"}' ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`,
    );
    await chmod(helper, 0o755);
    const helpers = ["123.dkr.ecr.eu-west-1.amazonaws.com", "europe-docker.pkg.dev", "none.example"];
    const config = {
      auths: {
        "ghcr.io": { auth: Buffer.from("robot:a:b").toString("base64") },
        "https://index.docker.io/v1/": { auth: Buffer.from("me:pw").toString("base64") },
      },
      credHelpers: {
        ...Object.fromEntries(helpers.map((host) => [host, "test"])),
        "broken.example": "not-installed",
      },
    };
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const path = process.env.PATH;
    process.env.PATH = `${folder}:${path}`;
    try {
      const of = (host: string) => readLogin(host, { DOCKER_CONFIG: folder });
      expect(await of("ghcr.io")).toEqual({ user: "robot", password: "a:b" });
      expect(await of("registry-1.docker.io")).toEqual({ user: "me", password: "pw" });
      expect(await of(helpers[0] ?? "")).toEqual({ user: "AWS", password: "short" });
      expect(await of(helpers[1] ?? "")).toEqual({ identityToken: "identity" });
      expect(await of("none.example")).toBeUndefined();
      expect(await of("other.example")).toBeUndefined();
      await expect(of("broken.example")).rejects.toThrow(
        /docker-credential-not-installed, which .*config\.json names for broken\.example, fails/,
      );
      expect(await readLogin("ghcr.io", { DOCKER_CONFIG: join(folder, "none") })).toBeUndefined();
    } finally {
      process.env.PATH = path;
    }
  });
});

describe("what refers to an image", () => {
  test("is found again, each of it, by a client of its own", async () => {
    const { registry } = patient();
    const repository = `${server.host}/demo/signed`;
    const digest = await registry.append({ base: undefined, layer, reference: `${repository}:1` });
    const type = "application/vnd.example+json";
    for (const body of ["{}", '{"second":true}']) {
      await registry.attach({ repository, digest }, { type, body, annotations: { of: "test" } });
      await registry.attach({ repository, digest }, { type, body, annotations: { of: "test" } });
    }
    const found = await patient().registry.attached({ repository, digest }, type);
    expect(found.map((bytes) => Buffer.from(bytes).toString()).sort()).toEqual(['{"second":true}', "{}"]);
    expect(await registry.attached({ repository, digest }, "application/other")).toEqual([]);
    const other = { repository, digest: `sha256:${"c".repeat(64)}` };
    expect(await registry.attached(other, type)).toEqual([]);
    await expect(registry.attach(other, { type, body: "{}", annotations: {} })).rejects.toThrow(
      /is not in the registry/,
    );
  });
});
