import { describe, expect, test } from "vitest";
import { checkImageContract } from "./check-image-contract.ts";

const file = (path: string, text = "") => ({
  path: `opt/wavehouse/${path}`,
  bytes: Buffer.from(text),
  executable: false,
});
const base = [
  file("pipeline/pipeline.yaml"),
  file("runtime/wavehouse/__init__.py", "VERSION = 1\n"),
  file("runtime/wavehouse/spec.py", "import yaml\n"),
];
const manifest = (more = "", spark = "4.1.3"): string => `kind: ScheduledSparkApplication
spec:
  template:
    sparkVersion: ${spark}
    image: a-silver
    mainApplicationFile: local:///opt/wavehouse/runtime/wavehouse/jobs/silver.py
    arguments: [--pipeline, /opt/wavehouse/pipeline/pipeline.yaml]
${more}`;
const check = (job: string, text = manifest(), packages: string[] | "unknown" = ["pyyaml", "pyspark"]) => {
  const files = [...base, file("runtime/wavehouse/jobs/silver.py", job)];
  const image = {
    name: "a-silver",
    files,
    packages: packages === "unknown" ? undefined : new Set(packages),
  };
  const found = checkImageContract([image], new Map([["silver.yaml", text]]), "4.1.3", (_, path) =>
    path.replace("opt/wavehouse/runtime", "pipelines/runtime"),
  );
  return found.map((one) => `${one.file}:${one.line} ${one.message}`);
};

describe("an image and what runs it", () => {
  test.each([
    [
      "its own modules",
      "from wavehouse.spec import x\nfrom wavehouse import spec, VERSION\nimport wavehouse.spec as s\n",
    ],
    ["relative ones", "from ..spec import x\nfrom .. import spec\n"],
    [
      "Python's and its base's",
      "import os, sys\nfrom pyspark.sql import (\n    functions,\n    types as t,\n)\n",
    ],
    ["what is imported only where it is used", "def f():\n    import httpx\n"],
    ["words in a text", '"""\nimport nothing\n"""\n# import nothing\n'],
  ])("may import %s", (_, job) => {
    expect(check(job)).toEqual([]);
  });

  test.each([
    [
      "a module that is not in this image",
      "import os\nfrom wavehouse.dags import build\n",
      2,
      "wavehouse.dags is not in the image",
    ],
    [
      "a name that its package has not",
      "from wavehouse import ingest\n",
      1,
      "wavehouse.ingest is not in the image",
    ],
    [
      "a package that the base has not",
      "import httpx\n",
      1,
      "httpx is neither in the image nor among the packages of its base",
    ],
    [
      "a relative module that is not there",
      "from .gold import x\n",
      1,
      "wavehouse.jobs.gold is not in the image",
    ],
  ])("may not import %s", (_, job, line, message) => {
    expect(check(job)).toEqual([
      `pipelines/runtime/wavehouse/jobs/silver.py:${line} imported in the image a-silver, ${message}`,
    ]);
  });

  test("nothing is said of packages where nobody knows the base's", () => {
    expect(check("import httpx\n", manifest(), "unknown")).toEqual([]);
  });

  test("have one version of Spark, the main file, and each file that is named", () => {
    expect(check("", manifest("", "4.0.0"))).toEqual([
      'silver.yaml:4 sparkVersion is "4.0.0", the image a-silver has Spark 4.1.3',
    ]);
    expect(check("", manifest().replace("jobs/silver.py", "jobs/sliver.py"))).toEqual([
      "silver.yaml:6 /opt/wavehouse/runtime/wavehouse/jobs/sliver.py is not in the image a-silver",
    ]);
    expect(check("", manifest().replace("pipeline.yaml", "spec.yaml"))).toHaveLength(1);
    expect(check("", manifest("    env: [{name: PYTHONPATH, value: /opt/wavehouse/runtime}]\n"))).toEqual([]);
    expect(check("", manifest().replace("image: a-silver", "image: b-silver").replace("4.1.3", "1"))).toEqual(
      [],
    );
  });
});
