import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { readJarsLock, readPythonLock, sbom } from "./sbom.ts";

const root = join(import.meta.dirname, "../../..");
const lock = await readFile(join(root, "pipelines/runtime/requirements-spark.lock"), "utf8");
const jars = await readFile(join(root, "pipelines/runtime/jars.lock"), "utf8");
const base = { repository: "ghcr.io/acme/spark-base", digest: `sha256:${"a".repeat(64)}` };
const files = [{ path: "opt/wavehouse/pipeline/pipeline.yaml", bytes: Buffer.from("a"), executable: false }];
const subject = { name: "a-silver", tag: "0".repeat(16), created: "2026-01-01T00:00:00Z", base };
const libraries = [...readPythonLock(lock), ...readJarsLock(jars)];

test("is as CycloneDX's own schema describes it, with every package that is locked", async () => {
  const require = createRequire(import.meta.url);
  const main = require.resolve("@cyclonedx/cyclonedx-library/package.json");
  const folder = join(dirname(main), "res/schema");
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const names = await readdir(folder);
  for (const name of names.filter((one) => /^(?:spdx|jsf).*json$/.test(one))) {
    const schema = JSON.parse(await readFile(join(folder, name), "utf8")) as object;
    ajv.addSchema({ ...schema, $id: `http://cyclonedx.org/schema/${name}` });
  }
  const own = names.find((name) => /^bom-1\.6.*json$/.test(name)) ?? "";
  const check = ajv.compile(JSON.parse(await readFile(join(folder, own), "utf8")) as object);
  const document = sbom(subject, libraries, files);
  check(document);
  expect(check.errors ?? []).toEqual([]);
  const purls = (document.components as { purl?: string }[]).map(({ purl }) => purl);
  expect(purls).toContain("pkg:maven/io.delta/delta-storage@4.4.0");
  const locked = lock.split("\n").filter((line) => /^[\w.-]+==/.test(line)).length;
  expect(purls.filter((purl) => purl?.startsWith("pkg:pypi/"))).toHaveLength(locked);
});

test("the same image gives the same bytes, another one another serial number", () => {
  expect(JSON.stringify(sbom(subject, libraries, files))).toBe(
    JSON.stringify(sbom(subject, libraries, files)),
  );
  const other = sbom({ ...subject, tag: "1".repeat(16) }, libraries, files);
  expect(other.serialNumber).not.toBe(sbom(subject, libraries, files).serialNumber);
});
