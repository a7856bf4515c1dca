/** The parts of Kubernetes' objects that decide who may reach whom. */
export interface Metadata {
  name: string;
  namespace?: string;
  labels?: Readonly<Record<string, string>>;
}

export interface Namespace {
  metadata: Metadata;
}

export interface Pod {
  metadata: Metadata;
  spec: {
    hostNetwork?: boolean;
    containers: readonly { ports?: readonly { name?: string; containerPort: number; protocol?: string }[] }[];
  };
  status?: { podIP?: string; phase?: string };
}

export interface LabelSelector {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

export interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: readonly string[] };
}

export interface PolicyPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

export interface PolicyRule {
  from?: readonly Peer[];
  to?: readonly Peer[];
  ports?: readonly PolicyPort[];
}

export interface NetworkPolicy {
  metadata: Metadata;
  spec: {
    podSelector?: LabelSelector;
    policyTypes?: readonly string[];
    ingress?: readonly PolicyRule[];
    egress?: readonly PolicyRule[];
  };
}

/** All that is known of a cluster. */
export interface ClusterObjects {
  namespaces: readonly Namespace[];
  pods: readonly Pod[];
  policies: readonly NetworkPolicy[];
}

/** Whether labels are what a selector wants; an empty selector wants nothing in particular. */
export function matches(selector: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      return operator === "Exists" ? value !== undefined : value === undefined;
    })
  );
}
