import { expect, test } from "vitest";
import { checkApplications } from "./check-applications.ts";
import { formatFinding } from "./finding.ts";
import { parseRendered } from "./rendered-objects.ts";
import { readWaves } from "./waves.ts";

const project = (name: string, spec: string): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: { name: ${name}, namespace: cicd }\nspec:\n  sourceRepos: [https://git/*]\n${spec}`;
const application = (name: string, namespace: string, more = ""): string =>
  `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${name}, namespace: cicd }
spec:
  project: ${name === "root" ? "root" : "platform"}
  source: { repoURL: https://git/a, path: ${name} }
  destination: { server: s, namespace: ${namespace} }
${more}`;
const configMap = (name: string, namespace: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${namespace} }\n`;

const ROOT = project(
  "root",
  "  destinations: [{ server: s, namespace: cicd }]\n  namespaceResourceWhitelist: [{ group: argoproj.io, kind: '*' }]\n",
);
const PLATFORM = project(
  "platform",
  "  destinations: [{ server: s, namespace: misc }]\n  clusterResourceWhitelist: [{ group: '', kind: Namespace }]\n  namespaceResourceWhitelist: [{ group: '', kind: ConfigMap }]\n",
);
const NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: { name: misc }\n";

/** What the check says when `misc` renders to `own`, and the environment holds `also` beside what is synced. */
function said(change: {
  own?: string[];
  also?: string[];
  misc?: string;
  platform?: string;
  missing?: string[];
}): string[] {
  const root = [
    ROOT,
    change.platform ?? PLATFORM,
    application("root", "cicd"),
    change.misc ?? application("misc", "misc"),
  ];
  const own = change.own ?? [NAMESPACE, configMap("a", "misc")];
  const missing = new Set(change.missing);
  const whole = [...root, ...own, ...(change.also ?? [])].filter((text) => !missing.has(text));
  const rendered = new Map([
    ["root", parseRendered(root.join("---\n"))],
    ["misc", parseRendered(own.join("---\n"))],
  ]);
  const tree = new Map(
    [...root, ...own, ...(change.also ?? [])].map((text, at) => [`manifests/${at}.yaml`, text]),
  );
  const objects = parseRendered(whole.join("---\n"));
  const steps = readWaves("root", rendered);
  return checkApplications({ environment: "local", objects, steps, tree }).map(formatFinding);
}

test("an environment that its Applications sync as a whole, within their projects, is fine", () => {
  expect(said({})).toEqual([]);
});

const CASES = [
  {
    mistake: "an object that no Application syncs",
    change: { also: [configMap("lost", "misc")] },
    says: /^manifests\/6.yaml:1:1: error: no Application syncs ConfigMap misc\/lost; .+ \[apps\/not-synced\]$/,
  },
  {
    mistake: "an object that the overlay does not hold",
    change: { missing: [configMap("a", "misc")] },
    says: /manifests\/5.yaml:1:1: error: the Application misc syncs ConfigMap misc\/a, which overlays\/local does not hold; list /,
  },
  {
    mistake: "an object that two Applications sync",
    change: { own: [NAMESPACE, ROOT] },
    says: [
      /AppProject cicd\/root is synced by two Applications, misc and root \[apps\/synced-twice\]$/,
      /does not allow AppProject cicd\/root: its namespaceResourceWhitelist does not list the kind/,
    ],
  },
  {
    mistake: "a kind that the project does not list",
    change: { own: [NAMESPACE, configMap("a", "misc").replace("ConfigMap", "Secret")] },
    says: /manifests\/5.yaml:1:1: error: the project platform of the Application misc does not allow Secret misc\/a: its namespaceResourceWhitelist .+ apps\/projects\/platform.yaml \[apps\/not-permitted\]$/,
  },
  {
    mistake: "a cluster-wide kind that the project does not list",
    change: { own: ["apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: a }\n"] },
    says: /ClusterRole a: its clusterResourceWhitelist does not list the kind/,
  },
  {
    mistake: "a kind that the project denies",
    change: {
      platform: PLATFORM.replace(
        "Whitelist: [{ group: '', kind: ConfigMap",
        "Blacklist: [{ group: '*', kind: '*'",
      ),
    },
    says: /ConfigMap misc\/a: its namespaceResourceBlacklist lists the kind/,
  },
  {
    mistake: "a namespace that the project does not list",
    change: { own: [configMap("a", "cicd")] },
    says: /ConfigMap cicd\/a: its destinations do not list the namespace cicd/,
  },
  {
    mistake: "a destination that the project does not list",
    change: { misc: application("misc", "cicd"), own: [] },
    says: /^manifests\/3.yaml:7:16: error: the project platform allows nothing in the namespace cicd of s; add it/,
  },
  {
    mistake: "a repository that the project does not list",
    change: { misc: application("misc", "misc").replace("https://git/a", "https://elsewhere/a") },
    says: /^manifests\/3.yaml:6:22: error: the project platform allows no Application from https:\/\/elsewhere\/a; add the repository/,
  },
  {
    mistake: "a project that is not there",
    change: { misc: application("misc", "misc").replace("project: platform", "project: platfrom") },
    says: /^manifests\/3.yaml:5:12: error: the Application misc names the project `platfrom`, .+; expected one of platform, root; did you mean `platform`\? \[apps\/no-project\]$/,
  },
];

test.each(CASES)("tells $mistake", ({ change, says }) => {
  const expected = Array.isArray(says) ? says : [says];
  expect(said(change)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});
