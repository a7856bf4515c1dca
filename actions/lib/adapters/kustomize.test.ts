import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { resolveGoTool } from "kubeconform-wrapper";
import { beforeAll, describe, expect, test } from "vitest";
import { formatFinding } from "../domain/finding.ts";
import { UserError } from "../domain/user-error.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { kustomizeRenderer } from "./kustomize.ts";

const toolsDir = join(import.meta.dirname, "../../../scripts/tools");
let kustomize = "";

beforeAll(async () => {
  kustomize = await resolveGoTool("kustomize", { toolsDir });
});

const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";

async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** What the renderer says of a folder that it must refuse. */
async function refusal(
  root: string,
  folder: string,
  program = kustomize,
  timeoutMs = 20_000,
): Promise<string> {
  const renderer = kustomizeRenderer({ root, kustomize: program, timeoutMs });
  const error = await renderer.render(folder).then(
    () => expect.fail("it rendered"),
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UserError);
  if (!(error instanceof UserError)) return "";
  return error.findings.length === 0 ? error.message : error.findings.map(formatFinding).join("\n");
}

test("renders a folder, its base, its component and its generated objects", async () => {
  const root = await repository({
    "overlay/kustomization.yaml":
      "resources: [../base]\ncomponents: [../part]\nconfigMapGenerator:\n  - { name: made, files: [key=value.txt] }\n",
    "overlay/value.txt": "text",
    "base/kustomization.yaml": "resources: [settings.yaml]\n",
    "base/settings.yaml": CONFIG_MAP,
    "part/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels:\n  - { pairs: { team: data } }\n",
  });
  const text = await kustomizeRenderer({ root, kustomize }).render("overlay");
  expect(text.match(/^ {2}name: .+$/gm)).toEqual([
    expect.stringMatching(/^ {2}name: made-[a-z0-9]{10}$/),
    "  name: settings",
  ]);
  expect(text.match(/^ {4}team: data$/gm)).toHaveLength(2);
  expect(text).toContain("key: text");
});

test("a tag and a digest are rendered together, in every image field of the Spark kinds", async () => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const spec = "{ image: a, driver: { image: a }, executor: { image: a } }";
  const fields = join(import.meta.dirname, "../../../manifests/processing/spark-image-fields");
  const root = await repository({
    "overlay/kustomization.yaml": `resources: [../base]\nimages:\n  - { name: a, newName: r/a, newTag: t, digest: "${digest}" }\n`,
    "base/kustomization.yaml": "resources: [a.yaml]\ncomponents: [../fields]\n",
    "base/a.yaml":
      `apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: { name: a }\nspec: { template: ${spec} }\n---\n` +
      `apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: { name: a }\nspec: ${spec}\n`,
    "fields/kustomization.yaml": await readFile(join(fields, "kustomization.yaml"), "utf8"),
    "fields/image-fields.yaml": await readFile(join(fields, "image-fields.yaml"), "utf8"),
  });
  const text = await kustomizeRenderer({ root, kustomize }).render("overlay");
  expect(text.match(/image: .+/g)).toEqual(Array(6).fill(`image: r/a:t@${digest}`));
});

const REFUSED: { mistake: string; files: Record<string, string>; says: string | RegExp }[] = [
  {
    mistake: "a base that does not exist",
    files: { "overlay/kustomization.yaml": "resources:\n  - ../bsae\n", "base/kustomization.yaml": "" },
    says: "overlay/kustomization.yaml:2:5: error: bsae does not exist; expected a file or a folder of the repository; did you mean `base`? [kustomize/missing]",
  },
  {
    mistake: "a base that does not exist, two folders down",
    files: {
      "overlay/kustomization.yaml": "resources: [../middle]\n",
      "middle/kustomization.yaml": "resources:\n  - gone.yaml\n",
    },
    says: /^middle\/kustomization.yaml:2:5: error: middle\/gone.yaml does not exist/,
  },
  ...[
    "https://github.com/argoproj/argo-cd//manifests?ref=v3",
    "github.com/argoproj/argo-cd/manifests",
    "git@github.com:argoproj/argo-cd.git",
    "ssh://git@example.com/a/b",
    "git::https://example.com/a/b.git",
    "http://127.0.0.1:1/a.yaml",
  ].map((address) => ({
    mistake: `a remote base, ${address}`,
    files: { "overlay/kustomization.yaml": `resources:\n  - "${address}"\n` },
    says: /^overlay\/kustomization.yaml:2:5: error: .+ is remote; .+ \[kustomize\/remote\]$/,
  })),
  {
    mistake: "a remote patch",
    files: {
      "overlay/kustomization.yaml": "resources: []\npatches:\n  - path: https://example.com/patch.yaml\n",
    },
    says: /^overlay\/kustomization.yaml:3:11: error: .+ is remote/,
  },
  {
    mistake: "a base outside of the repository",
    files: { "overlay/kustomization.yaml": "resources:\n  - ../../etc\n" },
    says: /^overlay\/kustomization.yaml:2:5: error: ..\/..\/etc is outside of the repository/,
  },
  {
    mistake: "a base without a kustomization",
    files: { "overlay/kustomization.yaml": "resources:\n  - ../base\n", "base/a.yaml": CONFIG_MAP },
    says: /^overlay\/kustomization.yaml:2:5: error: base has no kustomization.yaml/,
  },
  {
    mistake: "a key that kustomize does not know",
    files: { "overlay/kustomization.yaml": "resources: []\nresorces: [a.yaml]\n" },
    says: /^overlay\/kustomization.yaml:2:1: error: kustomize knows no key `resorces`/,
  },
  {
    mistake: "a kustomization that is not YAML",
    files: { "overlay/kustomization.yaml": "resources:\n\t- a.yaml\n" },
    says: /^overlay\/kustomization.yaml:2:1: error: .*tab/,
  },
  {
    mistake: "a resource that is not YAML",
    files: {
      "overlay/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [a.yaml]\n",
      "base/a.yaml": `${CONFIG_MAP}  labels: [\n`,
    },
    says: /^base\/a.yaml:5:11: error: `\[` is not closed; .+ \[kustomize\/yaml\]$/,
  },
  {
    mistake: "the same object twice",
    files: {
      "overlay/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
      "overlay/a.yaml": CONFIG_MAP,
      "overlay/b.yaml": CONFIG_MAP,
    },
    says: "overlay/b.yaml:4:9: error: ConfigMap settings is there already; expected each name once; rename or delete one of the two [object/twice]",
  },
  {
    mistake: "folders that include each other",
    files: {
      "overlay/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [../overlay]\n",
    },
    says: /^base\/kustomization.yaml:1:13: error: overlay builds on itself; .+ \[kustomize\/cycle\]$/,
  },
  {
    mistake: "a folder that is not there",
    files: {},
    says: "overlay: there is no such folder to render",
  },
  {
    mistake: "a folder without a kustomization",
    files: { "overlay/a": "" },
    says: "overlay has no kustomization.yaml",
  },
];

describe("refuses", () => {
  test.each(REFUSED)("$mistake", async ({ files, says }) => {
    const said = await refusal(await repository(files), "overlay");
    if (typeof says === "string") expect(said).toBe(says);
    else expect(said).toMatch(says);
    expect(said).not.toContain("\n");
  });

  test("a folder outside of the repository", async () => {
    expect(await refusal(await repository({}), "../elsewhere")).toMatch(/not a folder of the repository/);
  });
});

test("a render that does not end is ended, and said to be", async () => {
  const root = await repository({ "overlay/kustomization.yaml": "resources: []\n" });
  const slow = join(root, "slow");
  await writeFile(slow, "#!/bin/sh\nexec /bin/sleep 60\n");
  await chmod(slow, 0o755);
  expect(await refusal(root, "overlay", slow, 200)).toMatch(
    /^overlay\/kustomization.yaml:1:1: error: rendering overlay: .*took longer than 0.2 s/,
  );
});

test.each([
  ["killed", "kill -9 $$", "was ended by SIGKILL"],
  ["crashed", "echo 'panic: runtime error' >&2; exit 2", "exited with 2"],
])("a kustomize that is %s is no finding about the files", async (_, body, said) => {
  const root = await repository({ "overlay/kustomization.yaml": "resources: []\n" });
  const program = join(root, "broken");
  await writeFile(program, `#!/bin/sh\n${body}\n`);
  await chmod(program, 0o755);
  const told = await refusal(root, "overlay", program);
  expect(told).toContain(said);
  expect(told).not.toContain("overlay/kustomization.yaml:");
});
