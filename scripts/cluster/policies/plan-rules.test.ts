import { expect, test } from "vitest";
import { matches, type NetworkPolicy, type Pod } from "./objects.ts";
import { planRules, staleChains } from "./plan-rules.ts";
import { subtractCidr } from "./subtract-cidr.ts";

const pod = (
  name: string,
  podIP: string,
  namespace = "a",
  labels: Record<string, string> = { app: name },
): Pod => ({
  metadata: { name, namespace, labels },
  spec: { containers: [{ ports: [{ name: "http", containerPort: 8080 }] }] },
  status: { podIP, phase: "Running" },
});
const policy = (spec: NetworkPolicy["spec"], namespace = "a"): NetworkPolicy => ({
  metadata: { name: "p", namespace },
  spec,
});
const namespaces = ["a", "b"].map((name) => ({
  metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
}));
const pods = [pod("web", "10.244.0.2"), pod("db", "10.244.0.3", "b"), pod("job", "10.244.0.4", "b")];

/** The rules of the one chain that a plan makes beside the main one. */
function rulesOf(...policies: NetworkPolicy[]): string[] {
  const text = planRules({ namespaces, pods, policies });
  return [...text.matchAll(/^-A WAVEHOUSE-P[IE]-\S+ (.*)$/gm)].map(([, rule = ""]) => rule);
}
const web = { podSelector: { matchLabels: { app: "web" } } };
const itself = (option: string): string => `${option} 10.244.0.2/32 -j RETURN`;

test("a pod that no policy selects is left alone", () => {
  const text = planRules({
    namespaces,
    pods,
    policies: [policy({ podSelector: { matchLabels: { app: "other" } } })],
  });
  expect(text.match(/-j/g)).toHaveLength(1); // connections that there are
});

test("a policy without rules denies, in the directions that it names", () => {
  expect(rulesOf(policy({ ...web }))).toEqual([itself("-s"), "-j DROP"]);
  expect(rulesOf(policy({ ...web, policyTypes: ["Egress"] }))).toEqual([itself("-d"), "-j DROP"]);
  expect(rulesOf(policy({ ...web, egress: [] }))).toHaveLength(4);
});

test("what any policy allows is allowed", () => {
  const dns = { ports: [{ protocol: "UDP", port: 53 }], to: [{ ipBlock: { cidr: "10.244.0.1/32" } }] };
  const database = {
    to: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "b" } },
        podSelector: { matchLabels: { app: "db" } },
      },
    ],
    ports: [{ port: 5432 }],
  };
  const egress = (rule: object): NetworkPolicy => policy({ ...web, policyTypes: ["Egress"], egress: [rule] });
  expect(rulesOf(egress(dns), egress(database))).toEqual([
    itself("-d"),
    "-d 10.244.0.1/32 -p udp --dport 53 -j RETURN",
    "-d 10.244.0.3/32 -p tcp --dport 5432 -j RETURN",
    "-j DROP",
  ]);
});

test.each<[string, NetworkPolicy["spec"], string[]]>([
  [
    "every port of a namespace's pods",
    { ingress: [{ from: [{ namespaceSelector: {} }] }] },
    ["10.244.0.2", "10.244.0.3", "10.244.0.4"].map((ip) => `-s ${ip}/32 -j RETURN`),
  ],
  [
    "pods of the policy's own namespace",
    { ingress: [{ from: [{ podSelector: {} }] }] },
    ["-s 10.244.0.2/32 -j RETURN"],
  ],
  [
    "everyone at a port by its name",
    { ingress: [{ ports: [{ port: "http" }] }] },
    ["-p tcp --dport 8080 -j RETURN"],
  ],
  ["nobody at a name that the pod lacks", { ingress: [{ ports: [{ port: "https" }] }] }, []],
  [
    "a range of ports",
    { ingress: [{ ports: [{ port: 1000, endPort: 2000 }] }] },
    ["-p tcp --dport 1000:2000 -j RETURN"],
  ],
  ["everyone", { ingress: [{}] }, ["-j RETURN"]],
])("allows %s", (_, spec, allowed) => {
  const expected = new Set([itself("-s"), ...allowed, "-j DROP"]);
  expect(rulesOf(policy({ ...web, policyTypes: ["Ingress"], ...spec }))).toEqual([...expected]);
});

test("pods that have ended, and those of the machine's network, are nobody's peers", () => {
  const ended = { ...pod("old", "10.244.0.9"), status: { podIP: "10.244.0.9", phase: "Succeeded" } };
  const host = { ...pod("host", "10.244.0.1"), spec: { hostNetwork: true, containers: [] } };
  const text = planRules({ namespaces, pods: [ended, host], policies: [policy({})] });
  expect(text).not.toContain("10.244.0.");
});

test("finds the chains of pods that are gone", () => {
  const saved =
    ":FORWARD ACCEPT [0:0]\n:WAVEHOUSE-PI-1 - [0:0]\n:WAVEHOUSE-PE-2 - [0:0]\n:WAVEHOUSE-POLICY - [0:0]\n";
  expect(staleChains(saved, ":WAVEHOUSE-PE-2 - [0:0]\n")).toEqual(["WAVEHOUSE-PI-1"]);
});

test.each([
  ["0.0.0.0/0", [], ["0.0.0.0/0"]],
  ["10.0.0.0/30", ["10.0.0.1/32"], ["10.0.0.0/32", "10.0.0.2/31"]],
  ["10.0.0.0/24", ["10.0.0.0/16"], []],
  ["10.0.0.0/24", ["10.0.0.128/25", "192.168.0.0/16"], ["10.0.0.0/25"]],
  ["0.0.0.0/0", ["0.0.0.0/1"], ["128.0.0.0/1"]],
])("%s without %j", (cidr, except, left) => {
  expect(subtractCidr(cidr, except)).toEqual(left);
});

test("selectors", () => {
  const wanted = (operator: string, ...values: string[]) => ({
    matchExpressions: [{ key: "app", operator, values }],
  });
  expect(matches({}, undefined)).toBe(true);
  expect(matches(wanted("In", "a", "b"), { app: "b" })).toBe(true);
  expect(matches(wanted("In", "a"), {})).toBe(false);
  expect(matches(wanted("NotIn", "a"), {})).toBe(true);
  expect(matches(wanted("Exists"), { app: "" })).toBe(true);
  expect(matches(wanted("DoesNotExist"), { app: "" })).toBe(false);
});
