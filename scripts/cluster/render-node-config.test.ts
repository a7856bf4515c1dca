import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { certificates, makeCertificates } from "./certificates.ts";
import { nodeObjects } from "./node-objects.ts";
import {
  renderCni,
  renderCorefile,
  renderKubeconfig,
  renderKubelet,
  renderProxy,
  renderRegistry,
} from "./render-node-config.ts";

test("no server is told to listen on an address that others reach", () => {
  const kubelet = renderKubelet({ pki: "/pki", socket: "/s", logs: "/l", plugins: "/p" });
  expect(parse(kubelet)).toMatchObject({
    address: "10.244.0.1",
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
  });
  expect(parse(kubelet).authentication.anonymous.enabled).toBe(false);
  const proxy = parse(renderProxy("/kubeconfig"));
  expect(proxy).toMatchObject({
    nodePortAddresses: ["10.244.0.0/24"],
    metricsBindAddress: "127.0.0.1:10249",
  });
  expect(parse(renderRegistry("/data")).http.addr).toBe("127.0.0.1:5001");
  expect(renderCorefile("/kubeconfig")).toContain("bind 10.244.0.1");
});

test("pods lead to the machine over the bridge, and leases go with the state", () => {
  const { plugins } = JSON.parse(renderCni("/state/leases"));
  expect(plugins[0]).toMatchObject({
    bridge: "wavehouse0",
    ipam: { dataDir: "/state/leases", ranges: [[{ subnet: "10.244.0.0/24", gateway: "10.244.0.1" }]] },
  });
});

test("a kubeconfig carries the certificates in itself when asked to", () => {
  const text = renderKubeconfig("/pki", "admin", (file) => Buffer.from(file).toString("base64"));
  expect(text).not.toContain("/pki/");
  expect(parse(text).users[0].user["client-key-data"]).toBe(Buffer.from("/pki/admin.key").toString("base64"));
});

test("certificates hold against the authority, say who and for what, and no key is readable by others", async () => {
  const folder = await temporaryFolder();
  await makeCertificates(folder);
  const openssl = async (...args: string[]): Promise<string> =>
    (await runProcess({ file: "openssl", args, cwd: folder })).stdout.toString();
  for (const { name } of certificates) {
    expect(await openssl("verify", "-CAfile", "ca.crt", `${name}.crt`)).toBe(`${name}.crt: OK\n`);
  }
  const kubelet = await openssl(
    "x509",
    "-in",
    "kubelet.crt",
    "-noout",
    "-subject",
    "-ext",
    "extendedKeyUsage",
  );
  expect(kubelet).toContain("O = system:nodes, CN = system:node:wavehouse");
  expect(kubelet).toContain("TLS Web Client Authentication");
  const server = await openssl("x509", "-in", "apiserver.crt", "-noout", "-ext", "subjectAltName");
  expect(server).toContain("IP Address:10.244.0.1, IP Address:10.96.0.1");
  const keys = readdirSync(folder).filter((name) => name.endsWith(".key"));
  expect(keys).toHaveLength(certificates.length + 2);
  for (const name of keys) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  const before = await openssl("x509", "-in", "admin.crt", "-noout", "-serial");
  await makeCertificates(folder);
  expect(await openssl("x509", "-in", "admin.crt", "-noout", "-serial")).toBe(before);
});

test("claims find a default class, and a folder of their own behind each volume", async () => {
  const folder = await temporaryFolder();
  const text = nodeObjects(folder);
  const paths = [...text.matchAll(/path: (.*)/g)].map(([, path]) => path);
  expect(paths).toHaveLength(10);
  expect(new Set(paths).size).toBe(10);
  for (const path of paths) expect(statSync(path ?? "").isDirectory()).toBe(true);
  expect(text).toContain('storageclass.kubernetes.io/is-default-class: "true"');
});
