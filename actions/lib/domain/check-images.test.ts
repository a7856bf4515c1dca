import { describe, expect, test } from "vitest";
import { checkImages } from "./check-images.ts";
import { formatFinding } from "./finding.ts";
import { parseRendered } from "./rendered-objects.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const OVERLAY = "overlays/local/pipelines/kustomization.yaml";

const template = (image: string): string =>
  `apiVersion: sparkoperator.k8s.io/v1beta2
kind: ScheduledSparkApplication
metadata: { name: silver, namespace: processing }
spec:
  template:
    image: ${image}
`;

/** What `checkImages` says of one template, whose base names the image `silver`. */
function said(check: { images: string; rendered: string; more?: Record<string, string> }): string[] {
  const tree = new Map(
    Object.entries({
      [OVERLAY]: `resources: [../../../manifests/silver]\nimages:\n${check.images}`,
      "overlays/eks/pipelines/kustomization.yaml": "images:\n  - { name: other, newTag: v1 }\n",
      "manifests/silver/kustomization.yaml": "resources: [silver.yaml]\n",
      "manifests/silver/silver.yaml": `# The job.\n${template("silver")}`,
      ...check.more,
    }),
  );
  const objects = parseRendered(template(check.rendered));
  return checkImages({ environment: "local", objects, tree }).map(formatFinding);
}

test("an image with tag and digest is fine", () => {
  const images = `  - { name: silver, newName: r:5000/silver, newTag: t1, digest: "${DIGEST}" }\n`;
  expect(said({ images, rendered: `r:5000/silver:t1@${DIGEST}` })).toEqual([]);
});

test("a tag of digits is read as kustomize reads it", () => {
  const images = `  - { name: silver, newTag: "0123456789012345", digest: "${DIGEST}" }\n`;
  expect(said({ images, rendered: `silver:0123456789012345@${DIGEST}` })).toEqual([]);
});

const CASES = [
  {
    mistake: "an image that was not built yet",
    images: "  - name: silver\n    newName: r:5000/silver\n    newTag: unbuilt\n",
    rendered: "r:5000/silver:unbuilt",
    says: [
      `${OVERLAY}:3:11: notice: the image \`silver\` was not built yet; deliver it: build-images builds it, bump-images pins it [images/unbuilt]`,
    ],
  },
  {
    mistake: "an image without a digest",
    images: "  - name: silver\n    newTag: latest\n",
    rendered: "silver:latest",
    says: [
      expect.stringMatching(/:4:13: error: the image `silver` has no digest, .+ \[images\/no-digest\]$/),
    ],
  },
  {
    mistake: "an entry that only renames",
    images: "  - name: silver\n    newName: r:5000/silver\n",
    rendered: "r:5000/silver:latest",
    says: [
      expect.stringMatching(/:3:11: error: the image `silver` has no digest, .+ \[images\/no-digest\]$/),
    ],
  },
  {
    mistake: "a digest cut short",
    images: "  - name: silver\n    newTag: t1\n    digest: sha256:0123\n",
    rendered: "silver:t1@sha256:0123",
    says: [
      `${OVERLAY}:5:13: error: the image \`silver\` has the digest \`sha256:0123\`; expected sha256: and 64 hex digits; let bump-images write it [images/bad-digest]`,
    ],
  },
  {
    mistake: "an entry misspelt: told at the entry, and once",
    images: `  - name: sliver\n    newTag: t1\n    digest: "${DIGEST}"\n`,
    rendered: "silver",
    says: [
      `${OVERLAY}:3:11: error: no template uses the image \`sliver\`; expected an image that a template in overlays/local names; did you mean \`silver\`? [images/unused]`,
    ],
  },
  {
    mistake: "an entry that nothing uses any more",
    images: `  - { name: silver, newTag: t1, digest: "${DIGEST}" }\n  - { name: platinum-job, newTag: t1, digest: "${DIGEST}" }\n`,
    rendered: `silver:t1@${DIGEST}`,
    says: [
      `${OVERLAY}:4:13: error: no template uses the image \`platinum-job\`; expected an image that a template in overlays/local names; delete the entry [images/unused]`,
    ],
  },
  {
    mistake: "a template without an entry",
    images: "  []\n",
    rendered: "silver",
    says: [
      expect.stringMatching(
        /silver.yaml:7:12: error: .+; add \{name: silver, newName: <registry>\/silver, newTag: unbuilt\}/,
      ),
    ],
  },
  {
    mistake: "a second entry for the same image, which kustomize never comes to",
    images: `  - { name: silver, newTag: t1, digest: "${DIGEST}" }\n  - { name: silver, newTag: t2, digest: "${DIGEST}" }\n`,
    rendered: `silver:t1@${DIGEST}`,
    says: [
      `${OVERLAY}:4:13: error: the image \`silver\` has an entry already, on line 3 of ${OVERLAY}; expected one entry an image; delete one of the two [images/twice]`,
    ],
  },
];

describe("tells", () => {
  test.each(CASES)("$mistake", ({ images, rendered, says }) => {
    expect(said({ images, rendered })).toEqual(says);
  });

  test("`images:` in a base", () => {
    const images = `  - { name: silver, newTag: t1, digest: "${DIGEST}" }\n`;
    const more = {
      "manifests/silver/kustomization.yaml": "resources: []\nimages:\n  - { name: silver, newTag: t0 }\n",
    };
    expect(said({ images, rendered: `silver:t1@${DIGEST}`, more })).toEqual([
      expect.stringMatching(
        /^manifests\/silver\/kustomization.yaml:3:13: error: the base pins the image `silver`/,
      ),
    ]);
  });
});

test("containers of every kind of workload are looked at, definitions are not", () => {
  const objects = parseRendered(`apiVersion: batch/v1
kind: CronJob
metadata: { name: job }
spec:
  jobTemplate: { spec: { template: { spec: { initContainers: [{ image: one }], containers: [{ image: two }] } } } }
---
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: { name: run }
spec: { image: three, driver: { image: four, sidecars: [{ image: five }] }, executor: { image: six } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: x }
spec: { containers: [{ image: none }] }
`);
  const findings = checkImages({ environment: "local", objects, tree: new Map() });
  const named = findings.map((finding) => /the image `(\w+)`/.exec(finding.message)?.[1]);
  expect(named.sort()).toEqual(["five", "four", "one", "six", "three", "two"]);
});
