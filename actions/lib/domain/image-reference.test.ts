import { describe, expect, test } from "vitest";
import { formatImageReference, isLoopback, parseImageReference, parseRegistry } from "./image-reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("parseImageReference", () => {
  test.each([
    ["localhost:5001/breweries-silver:tag", "localhost:5001/breweries-silver", "tag", undefined],
    [`ghcr.io/acme/x/breweries-gold:a1@${digest}`, "ghcr.io/acme/x/breweries-gold", "a1", digest],
    [`breweries-gold@${digest}`, "breweries-gold", undefined, digest],
    ["registry:5000/a__b", "registry:5000/a__b", undefined, undefined],
  ])("%s", (text, repository, tag, found) => {
    const reference = parseImageReference(text);
    expect(reference).toEqual({ repository, tag, digest: found });
    if (reference !== undefined) expect(formatImageReference(reference)).toBe(text);
  });

  test.each([
    "",
    "UPPER/case",
    "a b",
    "name:",
    "name@sha256:short",
    `name:tag@${digest}x`,
    "https://ghcr.io/a",
    "a/../b",
    "-x",
  ])("%j is none", (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});

describe("parseRegistry", () => {
  test.each([
    ["localhost:5001", "localhost:5001"],
    [" ghcr.io/acme/wavehouse/ ", "ghcr.io/acme/wavehouse"],
    ["127.0.0.1:5001", "127.0.0.1:5001"],
    ["[::1]:5001", "[::1]:5001"],
    ["docker.io/acme", "docker.io/acme"],
  ])("%j is %s", (text, registry) => {
    expect(parseRegistry(text)).toBe(registry);
  });

  test.each([
    ["https://ghcr.io/acme", "; write ghcr.io/acme"],
    ["ghcr.io/Acme/Wave", "; write ghcr.io/acme/wave"],
    ["acme", "is not a registry"],
    ["ghcr.io/a b", "is not a registry"],
    ["", "is not a registry"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseRegistry(text)).toThrow(message);
  });
});

test.each([
  ["localhost:5001", true],
  ["localhost/a", true],
  ["127.0.0.1:5001/a:b", true],
  ["127.8.9.1", true],
  ["[::1]:5001/a", true],
  ["localhost.example.org", false],
  ["127.0.0.1.example.org", false],
  ["10.0.0.1:5000", false],
  ["ghcr.io/localhost", false],
])("isLoopback(%s) is %s", (text, loopback) => {
  expect(isLoopback(text)).toBe(loopback);
});
