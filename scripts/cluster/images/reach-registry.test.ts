import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ociRegistry } from "../../../actions/lib/adapters/oci-registry.ts";
import { buildLayer } from "../../../actions/lib/domain/layer.ts";
import { fileRegistry } from "../../../actions/lib/testing/file-registry.ts";
import { temporaryFolder } from "../../../actions/lib/testing/temporary-folder.ts";
import { kubectl } from "../kubectl.ts";
import { reachRegistry } from "./reach-registry.ts";

const name = "localhost:1/team";
const { server } = await fileRegistry();

/** Answers as kubectl does with a cluster that has the registry inside, or has none. */
async function cluster(services: number, forwarding: string) {
  const program = join(await temporaryFolder(), "kubectl");
  const items = JSON.stringify({ items: Array.from({ length: services }, () => ({})) });
  await writeFile(
    program,
    `#!/bin/sh\ncase "$*" in *port-forward*) ${forwarding} ;; *) echo '${items}' ;; esac\n`,
  );
  await chmod(program, 0o755);
  return kubectl(program, ["--context=minikube"]);
}

test("images have the environment's name, and go where this machine reaches its registry", async () => {
  const reached = await reachRegistry(name, { address: `${server.host}/team`, cluster: undefined });
  const layer = buildLayer([{ path: "a", bytes: Buffer.from("a"), executable: false }]);
  const digest = await reached.images.append({ base: undefined, layer, reference: `${name}/a:1` });
  expect(await reached.images.digest(`${name}/a:1`)).toBe(digest);
  expect(await ociRegistry().digest(`${server.host}/team/a:1`)).toBe(digest);
  const onTop = await reached.images.append({ base: `${name}/a@${digest}`, layer, reference: `${name}/b:1` });
  expect(await reached.images.has(`${name}/b`, onTop)).toBe(false);
  expect((await reached.images.manifest({ repository: `${name}/b`, digest: onTop }))?.length).toBeGreaterThan(
    0,
  );
  const built: unknown[] = [];
  const build = async (image: unknown) => {
    built.push(image);
    return digest;
  };
  const builder = reached.reach({ build, close: async () => {} });
  await builder.build({ context: "/c", base: `${name}/debian@${digest}`, reference: `${name}/c:1` });
  await builder.build({
    context: "/c",
    base: "docker.io/library/debian:bookworm-slim",
    reference: `${name}/d:1`,
  });
  const host = `${server.host}/team`;
  expect(built).toEqual([
    { context: "/c", base: `${host}/debian@${digest}`, reference: `${host}/c:1` },
    { context: "/c", base: "docker.io/library/debian:bookworm-slim", reference: `${host}/d:1` },
  ]);
});

test("a registry inside the cluster is reached through kubectl, which ends with it", async () => {
  const port = server.host.replace(/.*:/, "");
  const forwarding = `echo 'Forwarding from 127.0.0.1:${port} -> 5000'; exec sleep 60`;
  const reached = await reachRegistry("localhost:5000", {
    address: undefined,
    cluster: await cluster(1, forwarding),
  });
  expect(reached.address).toBe(`127.0.0.1:${port}`);
  expect(await reached.images.digest("localhost:5000/none:1")).toBeUndefined();
  reached.close();
});

test("a registry of the cluster that cannot be forwarded to is told with kubectl's own words", async () => {
  const broken = await cluster(
    1,
    "echo 'error: unable to forward port because pod is not running' >&2; exit 1",
  );
  const reach = reachRegistry("localhost:5000", { address: undefined, cluster: broken });
  await expect(reach).rejects.toThrow(
    /service\/registry in kube-system, cannot be reached by `kubectl port-forward`: error: unable .* not running; is its pod running\?/,
  );
});

test("a cluster without one leaves the address as it is named", async () => {
  const without = await cluster(0, "exit 1");
  const reached = await reachRegistry(server.host, { address: undefined, cluster: without });
  expect(reached.address).toBe(server.host);
});

test("nothing there, or something that is no registry, is told with what to do", async () => {
  const nowhere = reachRegistry("localhost:1", { address: undefined, cluster: undefined });
  await expect(nowhere).rejects.toThrow(
    /^localhost:1: nothing answers\. For minikube: .*--registry HOST:PORT$/s,
  );
  // As AirPlay does.
  const other = createServer((_, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const airplay = reachRegistry(`127.0.0.1:${port}`, { address: undefined, cluster: undefined });
  await expect(airplay).rejects.toThrow(`127.0.0.1:${port}: what answers is no registry (403)`);
  other.close();
});
