import { existsSync } from "node:fs";

/** Debian's, Fedora's and Alpine's; a machine behind a proxy that opens TLS has the proxy's authority in it. */
const trustStores = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** The file with whom this machine trusts: a build that goes through its proxy must trust the same. */
export function trustedAuthorities(): string | undefined {
  return process.env.SSL_CERT_FILE ?? trustStores.find((file) => existsSync(file));
}
