import { stringify } from "yaml";
import { network, ports } from "./places.ts";

/** What kubectl calls the cluster. */
export const CONTEXT = "wavehouse";

/**
 * containerd's configuration, for the Debian package (1.6).
 *
 * @param at what it keeps: `root` outlives the cluster (images), `state` does not
 */
export function renderContainerd(at: {
  root: string;
  state: string;
  socket: string;
  optional: string;
  runc: string;
  cni: string;
  pauseImage: string;
}): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const text = JSON.stringify; // TOML's basic strings are written like JSON's
  return `version = 2
root = ${text(at.root)}
state = ${text(at.state)}
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
address = ${text(at.socket)}
[plugins."io.containerd.internal.v1.opt"]
path = ${text(at.optional)}
[${cri}]
sandbox_image = ${text(at.pauseImage)}
# Where root lacks CAP_SYS_RESOURCE the kernel does not let a score be lowered, and no pod would start.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[${cri}.containerd]
snapshotter = "overlayfs"
# What is unpacked need not be kept packed as well: the registry has it.
discard_unpacked_layers = true
[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
Root = ${text(at.runc)}
[${cri}.cni]
bin_dir = "/usr/lib/cni"
conf_dir = ${text(at.cni)}
`;
}

/** The pods' network: one bridge, the machine its gateway. */
export function renderCni(leases: string): string {
  const bridge = {
    type: "bridge",
    bridge: network.bridge,
    isGateway: true,
    // A pod may reach itself through its own Service.
    hairpinMode: true,
    ipam: {
      type: "host-local",
      dataDir: leases,
      ranges: [[{ subnet: network.podCidr, gateway: network.host }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  const portMap = { type: "portmap", capabilities: { portMappings: true } };
  return `${JSON.stringify({ cniVersion: "0.4.0", name: "wavehouse", plugins: [bridge, portMap] }, null, 2)}\n`;
}

/** The kubelet's configuration. */
export function renderKubelet(at: { pki: string; socket: string; logs: string; plugins: string }): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: network.host,
    port: ports.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    healthzPort: ports.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${at.pki}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${at.pki}/kubelet-server.crt`,
    tlsPrivateKeyFile: `${at.pki}/kubelet-server.key`,
    containerRuntimeEndpoint: `unix://${at.socket}`,
    clusterDNS: [network.host],
    clusterDomain: network.domain,
    cgroupDriver: "cgroupfs",
    // Machines with the old control groups still run it.
    failCgroupV1: false,
    failSwapOn: false,
    podLogsDir: at.logs,
    volumePluginDir: at.plugins,
    serializeImagePulls: false,
    containerLogMaxSize: "20Mi",
    // Absolute: on a big disk the usual 10 % would evict pods with much room left.
    evictionHard: { "memory.available": "200Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi" },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  });
}

/** kube-proxy's configuration: iptables, and nothing of the machine's that has nothing to do with Services. */
export function renderProxy(kubeconfig: string): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    hostnameOverride: network.node,
    mode: "iptables",
    clusterCIDR: network.podCidr,
    detectLocalMode: "ClusterCIDR",
    bindAddress: network.host,
    metricsBindAddress: `127.0.0.1:${ports.proxyMetrics}`,
    healthzBindAddress: `127.0.0.1:${ports.proxyHealth}`,
    nodePortAddresses: [network.podCidr],
    iptables: { localhostNodePorts: false, syncPeriod: "30s", minSyncPeriod: "0s" },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
}

/** The names in the cluster, and those of this machine that pods may ask for. */
export function renderCorefile(kubeconfig: string): string {
  return `.:${ports.dns} {
    bind ${network.host}
    errors
    ready 127.0.0.1:${ports.dnsReady}
    kubernetes ${network.domain} in-addr.arpa ip6.arpa {
        kubeconfig ${kubeconfig}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    template IN A ${network.hostDomain} {
        answer "{{ .Name }} 60 IN A ${network.host}"
    }
    template IN ANY ${network.hostDomain} {
        rcode NOERROR
    }
    forward . /etc/resolv.conf {
        max_fails 0
    }
    cache 30
}
`;
}

/** The registry's configuration: on loopback only, without a login. */
export function renderRegistry(data: string): string {
  return stringify({
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: data },
      delete: { enabled: true },
      cache: { blobdescriptor: "inmemory" },
    },
    http: { addr: `127.0.0.1:${ports.registry}` },
  });
}

/** A kubeconfig with one user, who shows a certificate. */
export function renderKubeconfig(pki: string, user: string, embed?: (file: string) => string): string {
  const data = (file: string, plain: string): Record<string, string> =>
    embed === undefined ? { [plain]: file } : { [`${plain}-data`]: embed(file) };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": CONTEXT,
    clusters: [
      {
        name: "wavehouse",
        cluster: {
          server: `https://${network.host}:${ports.apiServer}`,
          ...data(`${pki}/ca.crt`, "certificate-authority"),
        },
      },
    ],
    users: [
      {
        name: user,
        user: {
          ...data(`${pki}/${user}.crt`, "client-certificate"),
          ...data(`${pki}/${user}.key`, "client-key"),
        },
      },
    ],
    contexts: [{ name: CONTEXT, context: { cluster: "wavehouse", user } }],
  });
}
