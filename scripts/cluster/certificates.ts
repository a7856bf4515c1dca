import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { network } from "./places.ts";

/** A certificate to make. */
export interface CertificateRequest {
  /** The file's name, without an ending. */
  name: string;
  user: string;
  groups?: readonly string[];
  /** What a server is reached by, as OpenSSL writes it: `IP:127.0.0.1`, `DNS:localhost`. */
  reachedBy?: readonly string[];
}

const apiServerIp = network.serviceCidr.replace(/0\/\d+$/, "1");

/** Everyone who shows a certificate. The rights of users are in RBAC and in the node authorizer. */
export const certificates: readonly CertificateRequest[] = [
  {
    name: "apiserver",
    user: "kube-apiserver",
    reachedBy: [
      `IP:${network.host}`,
      `IP:${apiServerIp}`,
      "IP:127.0.0.1",
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      `DNS:kubernetes.default.svc.${network.domain}`,
    ],
  },
  // Not masters: what the API server may do at a kubelet is one role, bound when the cluster is up.
  { name: "apiserver-kubelet", user: "wavehouse:apiserver-kubelet" },
  { name: "kubelet-server", user: network.node, reachedBy: [`IP:${network.host}`, `DNS:${network.node}`] },
  { name: "admin", user: "wavehouse:admin", groups: ["system:masters"] },
  { name: "controller-manager", user: "system:kube-controller-manager" },
  { name: "scheduler", user: "system:kube-scheduler" },
  { name: "kubelet", user: `system:node:${network.node}`, groups: ["system:nodes"] },
  { name: "proxy", user: "system:kube-proxy" },
  { name: "coredns", user: "wavehouse:coredns" },
  { name: "policies", user: "wavehouse:policies" },
];

/**
 * Makes a certificate authority, the certificates that it signs and the keys of service accounts. What is there
 * already stays.
 *
 * @param folder keys in it are readable by their owner only
 */
export async function makeCertificates(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const ca = { key: join(folder, "ca.key"), cert: join(folder, "ca.crt") };
  if (!existsSync(ca.cert)) {
    await makeKey(ca.key);
    await openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      ca.key,
      "-days",
      "3650",
      "-subj",
      "/CN=wavehouse-cluster",
      "-out",
      ca.cert,
    );
  }
  const serviceAccounts = join(folder, "service-accounts.key");
  const publicKey = join(folder, "service-accounts.pub");
  if (!existsSync(publicKey)) {
    await makeKey(serviceAccounts);
    await openssl("pkey", "-in", serviceAccounts, "-pubout", "-out", publicKey);
  }
  await Promise.all(certificates.map((request) => makeCertificate(folder, ca, request)));
}

async function makeCertificate(
  folder: string,
  ca: { key: string; cert: string },
  { name, user, groups = [], reachedBy = [] }: CertificateRequest,
): Promise<void> {
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  if (existsSync(at("crt"))) return;
  await makeKey(at("key"));
  // RDNs of a subject are written with slashes; no name here holds one.
  const subject = [...groups.map((group) => `/O=${group}`), `/CN=${user}`].join("");
  const usage = reachedBy.length > 0 ? "serverAuth" : "clientAuth";
  const extensions = ["keyUsage=critical,digitalSignature", `extendedKeyUsage=${usage}`];
  if (reachedBy.length > 0) extensions.push(`subjectAltName=${reachedBy.join(",")}`);
  writeFileSync(at("ext"), `${extensions.join("\n")}\n`);
  await openssl("req", "-new", "-key", at("key"), "-subj", subject, "-out", at("csr"));
  await openssl(
    ...["x509", "-req", "-in", at("csr"), "-CA", ca.cert, "-CAkey", ca.key, "-days", "3650"],
    ...["-set_serial", `0x${serial()}`, "-extfile", at("ext"), "-out", at("crt")],
  );
  rmSync(at("csr"));
  rmSync(at("ext"));
}

function serial(): string {
  return [...crypto.getRandomValues(new Uint8Array(15))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

async function makeKey(file: string): Promise<void> {
  await openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);
  chmodSync(file, 0o600);
}

async function openssl(...args: string[]): Promise<void> {
  await runProcess({ file: "openssl", args });
}
