import { describe, expect, test } from "vitest";
import { explainCraneFailure } from "./crane-failure.ts";
import { ProcessError } from "./process.ts";

const manifest = "http://127.0.0.1:6000/v2/demo/manifests/z";
const noBody = "(HEAD responses have no body, use GET for details)";
const back = (status: string): string =>
  `2026/11/21 03:08:49 HEAD request failed, falling back on GET: HEAD ${manifest}: unexpected status code ${status} ${noBody}\n`;

function explain(stderr: string): ReturnType<typeof explainCraneFailure> {
  return explainCraneFailure(
    new ProcessError("crane exited with 1", { failure: "exit", stderr }),
    "127.0.0.1:6000/demo:z",
  );
}

/** What crane 0.22.1 wrote, as it wrote it. */
describe("explainCraneFailure", () => {
  test.each([
    [
      "a registry that knows it not",
      `${back("404 Not Found")}Error: GET ${manifest}: MANIFEST_UNKNOWN: Unknown manifest`,
    ],
    [
      "a repository that it knows not",
      `${back("404 Not Found")}Error: GET ${manifest}: NAME_UNKNOWN: Unknown name`,
    ],
    ["a code of its own", `${back("404 Not Found")}Error: GET ${manifest}: X: mode 404`],
    [
      "a plain page",
      `${back("404 Not Found")}Error: GET ${manifest}: unexpected status code 404 Not Found: gone`,
    ],
    [
      "a base",
      "Error: pulling 127.0.0.1:6000/demo:none: GET http://127.0.0.1:6000/v2/demo/manifests/none: MANIFEST_UNKNOWN: Unknown manifest",
    ],
  ])("404 from %s means that the image is missing", (_, stderr) => {
    expect(explain(stderr).kind).toBe("missing");
  });

  test.each([
    [
      "lasting",
      /wants a login \(401\)/,
      `${back("401 Unauthorized")}Error: GET ${manifest}: UNAUTHORIZED: authentication required`,
    ],
    [
      "lasting",
      /denies it \(403\)/,
      `${back("404 Not Found")}Error: GET ${manifest}: DENIED: requested access is denied`,
    ],
    [
      "lasting",
      /denies it \(403\)/,
      "Error: GET https://ghcr.io/token?scope=repository%3Aacme%2Fx%3Apull&service=ghcr.io: DENIED: denied",
    ],
    [
      "lasting",
      /the registry 127\.0\.0\.1:6000: GET https:\/\/auth/,
      `${back("404 Not Found")}Error: GET https://auth.example.org/token: unexpected status code 404 Not Found`,
    ],
    [
      "passing",
      /takes no more requests for now \(429\)/,
      `Error: pushing image 127.0.0.1:6000/demo:z: HEAD ${manifest}: unexpected status code 429 Too Many Requests ${noBody}`,
    ],
    [
      "passing",
      /takes no more requests for now \(429\)/,
      `${back("429 Too Many Requests")}Error: GET ${manifest}: SOMETHING: told SOMETHING`,
    ],
    [
      "passing",
      /fails \(5xx\)/,
      `${back("500 Internal Server Error")}Error: GET ${manifest}: UNKNOWN: told UNKNOWN`,
    ],
    [
      "passing",
      /closes the connection/,
      `2026/11/21 03:08:49 HEAD request failed, falling back on GET: Head "${manifest}": EOF\nError: Get "${manifest}": EOF`,
    ],
    [
      "passing",
      /fails \(5xx\)/,
      `Error: pushing image x: HEAD ${manifest}: unexpected status code 503 Service Unavailable`,
    ],
    [
      "passing",
      /fails \(5xx\)/,
      "Error: pushing image x: PUT http://127.0.0.1:6000/v2/demo/blobs/uploads/1?digest=sha256%3Aab: INTERNAL_SERVER_ERROR: no space left on device",
    ],
    [
      "lasting",
      /denies it \(403\)/,
      `2026/11/21 03:08:49 retrying HEAD ${manifest}: unexpected status code 503 Service Unavailable\nError: HEAD ${manifest}: unexpected status code 403 Forbidden`,
    ],
    [
      "lasting",
      /refuses the connection; is it running/,
      'Error: Get "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused; Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      "lasting",
      /check its name and the network/,
      'Error: Get "https://no.such.host.invalid/v2/": dial tcp: lookup no.such.host.invalid on 10.0.0.1:53: no such host',
    ],
    [
      "lasting",
      /cannot be reached/,
      'Error: Get "https://ghcr.io/v2/": dial tcp 1.2.3.4:443: connect: network is unreachable',
    ],
    [
      "passing",
      /closes the connection/,
      'Error: Get "https://127.0.0.1:6763/v2/": http: server gave HTTP response to HTTPS client; Get "http://127.0.0.1:6763/v2/": EOF',
    ],
    [
      "lasting",
      /certificate that is not trusted/,
      'Error: Get "https://x/v2/": tls: failed to verify certificate: x509: unknown',
    ],
    [
      "lasting",
      /speaks plain HTTP/,
      'Error: Get "https://10.9.9.9/v2/": http: server gave HTTP response to HTTPS client',
    ],
    [
      "lasting",
      /is no container registry/,
      `Error: pushing image x: GET ${manifest}: response did not include Content-Length header`,
    ],
    [
      "lasting",
      /create it there first/,
      "Error: pushing image x: POST https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/x/blobs/uploads/: NAME_UNKNOWN: The repository with name 'x' does not exist",
    ],
    ["lasting", /name is not valid/, 'Error: parsing reference "a:x": could not parse reference: a:x'],
    ["lasting", /the registry 127\.0\.0\.1:6000: something new/, "Error: something new"],
  ])("%s: %s", (kind, message, stderr) => {
    expect(explain(stderr)).toEqual({ kind, message: expect.stringMatching(message) });
  });
});
