import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";

/** The addresses of the cluster on this machine. Manifests and docs name some of them: they do not change. */
export const network = {
  bridge: "wavehouse0",
  /** The machine's own address on the bridge: API server, kubelet, DNS and Git listen there, for pods to reach. */
  host: "10.244.0.1",
  podCidr: "10.244.0.0/24",
  serviceCidr: "10.96.0.0/16",
  domain: "cluster.local",
  /** Names under it lead to `host`. */
  hostDomain: "wavehouse.internal",
  node: "wavehouse",
} as const;

export const ports = {
  apiServer: 6443,
  registry: 5001,
  git: 3000,
  dns: 53,
  kubelet: 10250,
  kubeletHealth: 10248,
  controllerManager: 10257,
  scheduler: 10259,
  proxyMetrics: 10249,
  proxyHealth: 10256,
  dnsReady: 8181,
} as const;

/** What images are named by, in the overlays and by containerd. */
export const registryHost = `localhost:${ports.registry}`;

/** Where Applications read from. */
export const repositoryUrl = `http://git.${network.hostDomain}:${ports.git}/wavehouse.git`;

/** Where the cluster keeps what it is running on; all of it goes with `down`. */
export interface ClusterPlaces {
  state: string;
  kubeconfig: string;
  processes: string;
  logs: string;
  pki: string;
  config: string;
  /** What `down` puts back. */
  machine: string;
  volumes: string;
  containerdSocket: string;
  /** The repository that Argo CD reads; who pushes to this path is taken for the team's forge. */
  repository: string;
  /** What `up` commits in before it pushes. */
  clone: string;
  /** Outlives `down`. */
  registryData: string;
}

/**
 * @param env `WAVEHOUSE_CLUSTER_DIR` moves the state, `WAVEHOUSE_CACHE` what is kept
 * @returns absolute paths; nothing is made
 */
export function clusterPlaces(env: NodeJS.ProcessEnv = process.env): ClusterPlaces {
  const state = env.WAVEHOUSE_CLUSTER_DIR || "/var/lib/wavehouse-cluster";
  const at = (name: string): string => join(state, name);
  return {
    state,
    kubeconfig: at("admin.kubeconfig"),
    processes: at("processes"),
    logs: at("logs"),
    pki: at("pki"),
    config: at("config"),
    machine: at("machine.json"),
    volumes: at("volumes"),
    containerdSocket: at("containerd.sock"),
    repository: at("git/wavehouse.git"),
    clone: at("clone"),
    registryData: join(cacheRoot(env), "cluster", "registry"),
  };
}
