import { createHash } from "node:crypto";
import {
  type ClusterObjects,
  matches,
  type NetworkPolicy,
  type Peer,
  type Pod,
  type PolicyPort,
  type PolicyRule,
} from "./objects.ts";
import { subtractCidr } from "./subtract-cidr.ts";

/** The chain that all traffic of pods passes; whoever sets it up leads that traffic there. */
export const policyChain = "WAVEHOUSE-POLICY";

type Direction = "Ingress" | "Egress";

/**
 * Writes NetworkPolicies as rules of the machine's firewall. A pod that a policy selects gets a chain of its own for
 * each direction: what a rule of any of its policies lets through returns, the rest is dropped. Dropped and not
 * refused: a pod that is newer than the rules knocks again a second later.
 *
 * @param objects all that there is
 * @returns what `iptables-restore --noflush` reads; earlier chains are emptied by it
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function planRules(objects: ClusterObjects): string {
  const chains: string[] = [];
  const entries = ["-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"];
  for (const pod of objects.pods.filter(hasOwnAddress)) {
    for (const direction of ["Egress", "Ingress"] as const) {
      const policies = policiesOf(objects.policies, pod, direction);
      if (policies.length === 0) continue;
      const chain = chainName(pod, direction);
      const [own, other] = direction === "Egress" ? ["-s", "-d"] : ["-d", "-s"];
      entries.push(`${own} ${addressOf(pod)}/32 -j ${chain}`);
      const allowed = policies.flatMap((policy) => allow(objects, policy, pod, direction));
      // A pod reaches itself whatever is said.
      const rules = new Set([`${other} ${addressOf(pod)}/32 -j RETURN`, ...allowed, "-j DROP"]);
      chains.push(`:${chain} - [0:0]`, ...[...rules].map((rule) => `-A ${chain} ${rule}`));
    }
  }
  const main = [`:${policyChain} - [0:0]`, ...entries.map((rule) => `-A ${policyChain} ${rule}`)];
  const declared = (line: string): boolean => line.startsWith(":");
  const lines = [...main, ...chains];
  return `*filter\n${[...lines.filter(declared), ...lines.filter((line) => !declared(line))].join("\n")}\nCOMMIT\n`;
}

/** Chains of pods that there are no more. */
export function staleChains(saved: string, planned: string): string[] {
  const declared = (text: string): string[] =>
    [...text.matchAll(/^:(WAVEHOUSE-P[IE]-\S+)/gm)].map(([, name = ""]) => name);
  const wanted = new Set(declared(planned));
  return declared(saved).filter((name) => !wanted.has(name));
}

function chainName({ metadata }: Pod, direction: Direction): string {
  const identity = `${metadata.namespace}/${metadata.name}`;
  const key = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  return `WAVEHOUSE-P${direction.charAt(0)}-${key}`; // 28 characters at most
}

function hasOwnAddress({ spec, status = {} }: Pod): boolean {
  const ended = status.phase === "Succeeded" || status.phase === "Failed";
  return status.podIP !== undefined && !ended && spec.hostNetwork !== true;
}

function addressOf({ status }: Pod): string {
  return status?.podIP ?? "";
}

function policiesOf(policies: readonly NetworkPolicy[], pod: Pod, direction: Direction): NetworkPolicy[] {
  return policies.filter(({ metadata, spec }) => {
    const types = spec.policyTypes ?? (spec.egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
    return (
      types.includes(direction) &&
      metadata.namespace === pod.metadata.namespace &&
      matches(spec.podSelector ?? {}, pod.metadata.labels)
    );
  });
}

function allow(objects: ClusterObjects, policy: NetworkPolicy, pod: Pod, direction: Direction): string[] {
  const rules = (direction === "Egress" ? policy.spec.egress : policy.spec.ingress) ?? [];
  return rules.flatMap((rule) => {
    const option = direction === "Egress" ? "-d" : "-s";
    return peersOf(objects, policy, rule, direction).flatMap(({ cidr, pod: peer }) => {
      const target = direction === "Egress" ? peer : pod;
      const where = cidr === undefined ? "" : `${option} ${cidr} `;
      return portsOf(rule.ports ?? [], target).map((ports) => `${where}${ports}-j RETURN`);
    });
  });
}

interface Resolved {
  /** `undefined` is everywhere. */
  cidr: string | undefined;
  /** The pod at that address, where it is one. */
  pod: Pod | undefined;
}

function peersOf(
  objects: ClusterObjects,
  policy: NetworkPolicy,
  rule: PolicyRule,
  direction: Direction,
): Resolved[] {
  const peers = (direction === "Egress" ? rule.to : rule.from) ?? [];
  if (peers.length === 0) return [{ cidr: undefined, pod: undefined }];
  return peers.flatMap((peer) => resolvePeer(objects, policy.metadata.namespace, peer));
}

function resolvePeer({ namespaces, pods }: ClusterObjects, own: string | undefined, peer: Peer): Resolved[] {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock !== undefined) {
    return subtractCidr(ipBlock.cidr, ipBlock.except ?? []).map((cidr) => ({ cidr, pod: undefined }));
  }
  const names =
    namespaceSelector === undefined
      ? [own]
      : namespaces
          .filter(({ metadata }) => matches(namespaceSelector, metadata.labels))
          .map(({ metadata }) => metadata.name);
  return pods
    .filter(hasOwnAddress)
    .filter(({ metadata }) => names.includes(metadata.namespace))
    .filter(({ metadata }) => matches(podSelector ?? {}, metadata.labels))
    .map((pod) => ({ cidr: `${addressOf(pod)}/32`, pod }));
}

/** The part of a rule that names ports; `""` for all of them, nothing for a named port that the target lacks. */
function portsOf(ports: readonly PolicyPort[], target: Pod | undefined): string[] {
  if (ports.length === 0) return [""];
  return ports.flatMap(({ protocol = "TCP", port, endPort }) => {
    const option = `-p ${protocol.toLowerCase()} `;
    if (port === undefined) return [option];
    if (typeof port === "number")
      return [`${option}--dport ${port}${endPort === undefined ? "" : `:${endPort}`} `];
    const named = (target?.spec.containers ?? [])
      .flatMap((container) => container.ports ?? [])
      .filter((one) => one.name === port && (one.protocol ?? "TCP") === protocol);
    return named.map(({ containerPort }) => `${option}--dport ${containerPort} `);
  });
}
