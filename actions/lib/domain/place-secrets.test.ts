import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPipeline } from "./pipeline-file.ts";
import { placeSecrets } from "./place-secrets.ts";

test("a Secret that is missing is told where the pipeline names it, and nothing else moves", async () => {
  const file = "pipelines/ecommerce/pipeline.yaml";
  const text = await readFile(join(import.meta.dirname, "../../..", file), "utf8");
  const { pipeline } = readPipeline(file, text);
  if (pipeline === undefined) throw new Error(`${file} is not valid`);
  const base = "manifests/processing/pipelines/ecommerce";
  const found = (path: string, secret: string, rule = "reference/missing") => ({
    ...{ rule, severity: "error" as const, file: path, line: 57, column: 29 },
    message: `ScheduledSparkApplication processing/ecommerce-raw names the Secret processing/${secret}, which nothing makes`,
  });
  const findings = [
    found(`${base}/raw.yaml`, "connection-shop-postgres"),
    found(`${base}/silver.yaml`, "secret-pii-key"),
    found(`${base}/raw.yaml`, "connection-shop-postgres-2"),
    found(`${base}/raw.yaml`, "connection-shop-postgres", "manifest/schema"),
    found("manifests/processing/other.yaml", "connection-shop-postgres"),
  ];
  const placed = placeSecrets(findings, [pipeline]);
  const lineOf = (wanted: string): number => text.slice(0, text.indexOf(wanted)).split("\n").length;
  expect(placed[0]).toMatchObject({ file, line: lineOf("connection: shop_postgres"), column: 19 });
  expect(placed[1]).toMatchObject({ file, line: lineOf("key: pii_key") });
  expect(placed.slice(2)).toEqual(findings.slice(2));
});
