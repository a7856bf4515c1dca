import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { certificates } from "./certificates.ts";
import { type ClusterPlaces, network, ports, repositoryUrl } from "./places.ts";
import type { ProcessSpec } from "./process-table.ts";
import {
  renderCni,
  renderContainerd,
  renderCorefile,
  renderKubeconfig,
  renderKubelet,
  renderProxy,
  renderRegistry,
} from "./render-node-config.ts";

/** The programs of the cluster, by their paths. */
export interface ClusterPrograms {
  kine: string;
  apiServer: string;
  controllerManager: string;
  scheduler: string;
  kubelet: string;
  proxy: string;
  kubectl: string;
  coredns: string;
  registry: string;
}

/** A process, and how one knows that it does its work. */
export interface Component extends ProcessSpec {
  ready: { url: string } | { socket: string };
}

/**
 * Writes the configuration of every component.
 *
 * @returns the components in the order in which they are to be started
 */
export function configureComponents(
  places: ClusterPlaces,
  programs: ClusterPrograms,
  pauseImage: string,
): Component[] {
  for (const folder of [places.config, join(places.config, "cni"), places.volumes, places.registryData]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  const write = (name: string, text: string): string => {
    const file = join(places.config, name);
    // kube-proxy ends itself when its file is written, be it with the same text.
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  for (const { name } of certificates) {
    write(`${name}.kubeconfig`, renderKubeconfig(places.pki, name));
  }
  const embed = (file: string): string => readFileSync(file).toString("base64");
  writeFileSync(places.kubeconfig, renderKubeconfig(places.pki, "admin", embed), { mode: 0o600 });
  return [
    registry(places, programs, write),
    kine(places, programs),
    apiServer(places, programs),
    controllerManager(places, programs),
    scheduler(places, programs),
    containerd(places, pauseImage, write),
    kubelet(places, programs, write),
    proxy(places, programs, write),
    coredns(places, programs, write),
    gitServer(places, programs),
    policies(places),
  ];
}

type Write = (name: string, text: string) => string;

function kine({ state }: ClusterPlaces, programs: ClusterPrograms): Component {
  mkdirSync(join(state, "kine"), { recursive: true, mode: 0o700 });
  const database = join(state, "kine/state.db");
  // What a crash of the machine would lose, the cluster is lost with anyway: no wait for the disk at each write.
  const settings = "_journal=WAL&_synchronous=OFF&_busy_timeout=30000&cache=shared&_txlock=immediate";
  return {
    name: "kine",
    file: programs.kine,
    args: [
      `--endpoint=sqlite://${database}?${settings}`,
      `--listen-address=unix://${join(state, "kine.sock")}`,
      "--metrics-bind-address=0",
    ],
    ready: { socket: join(state, "kine.sock") },
  };
}

function apiServer({ state, pki }: ClusterPlaces, programs: ClusterPrograms): Component {
  const at = (name: string): string => join(pki, name);
  return {
    name: "apiserver",
    file: programs.apiServer,
    args: [
      `--etcd-servers=unix://${join(state, "kine.sock")}`,
      `--bind-address=${network.host}`,
      `--advertise-address=${network.host}`,
      `--secure-port=${ports.apiServer}`,
      `--service-cluster-ip-range=${network.serviceCidr}`,
      "--authorization-mode=Node,RBAC",
      "--anonymous-auth=false",
      "--enable-admission-plugins=NodeRestriction",
      `--client-ca-file=${at("ca.crt")}`,
      `--tls-cert-file=${at("apiserver.crt")}`,
      `--tls-private-key-file=${at("apiserver.key")}`,
      `--kubelet-client-certificate=${at("apiserver-kubelet.crt")}`,
      `--kubelet-client-key=${at("apiserver-kubelet.key")}`,
      `--kubelet-certificate-authority=${at("ca.crt")}`,
      // The node's name is no name on this machine; its address is what leads there.
      "--kubelet-preferred-address-types=InternalIP",
      `--service-account-issuer=https://kubernetes.default.svc.${network.domain}`,
      `--service-account-key-file=${at("service-accounts.pub")}`,
      `--service-account-signing-key-file=${at("service-accounts.key")}`,
      "--profiling=false",
      "--event-ttl=3h",
    ],
    ready: { url: `https://${network.host}:${ports.apiServer}/readyz` },
  };
}

function controllerManager({ config, pki }: ClusterPlaces, programs: ClusterPrograms): Component {
  return {
    name: "controller-manager",
    file: programs.controllerManager,
    args: [
      `--kubeconfig=${join(config, "controller-manager.kubeconfig")}`,
      `--service-account-private-key-file=${join(pki, "service-accounts.key")}`,
      `--root-ca-file=${join(pki, "ca.crt")}`,
      `--cluster-cidr=${network.podCidr}`,
      `--service-cluster-ip-range=${network.serviceCidr}`,
      "--use-service-account-credentials=true",
      ...alone(ports.controllerManager),
    ],
    ready: { url: `https://127.0.0.1:${ports.controllerManager}/healthz` },
  };
}

function scheduler({ config }: ClusterPlaces, programs: ClusterPrograms): Component {
  return {
    name: "scheduler",
    file: programs.scheduler,
    args: [`--kubeconfig=${join(config, "scheduler.kubeconfig")}`, ...alone(ports.scheduler)],
    ready: { url: `https://127.0.0.1:${ports.scheduler}/healthz` },
  };
}

/** There is one of each, on loopback: no election of a leader to wait for. */
function alone(port: number): string[] {
  return ["--leader-elect=false", "--bind-address=127.0.0.1", `--secure-port=${port}`, "--profiling=false"];
}

function containerd(places: ClusterPlaces, pauseImage: string, write: Write): Component {
  const at = (name: string): string => join(places.state, name);
  write("cni/10-wavehouse.conflist", renderCni(at("cni-leases")));
  const text = renderContainerd({
    // Beside the registry: a cluster that was up before has its images at once.
    root: join(cacheRoot(), "cluster", "containerd"),
    state: at("containerd"),
    socket: places.containerdSocket,
    optional: at("containerd-optional"),
    runc: at("runc"),
    cni: join(places.config, "cni"),
    pauseImage,
  });
  return {
    name: "containerd",
    file: "containerd",
    args: ["--config", write("containerd.toml", text), "--log-level", "warn"],
    configuration: [text],
    ready: { socket: places.containerdSocket },
  };
}

function kubelet(places: ClusterPlaces, programs: ClusterPrograms, write: Write): Component {
  const at = (name: string): string => join(places.state, name);
  const text = renderKubelet({
    pki: places.pki,
    socket: places.containerdSocket,
    logs: at("pod-logs"),
    plugins: at("volume-plugins"),
  });
  return {
    name: "kubelet",
    file: programs.kubelet,
    args: [
      `--config=${write("kubelet.yaml", text)}`,
      `--kubeconfig=${join(places.config, "kubelet.kubeconfig")}`,
      `--root-dir=${at("kubelet")}`,
      `--cert-dir=${at("kubelet/pki")}`,
      `--hostname-override=${network.node}`,
      `--node-ip=${network.host}`,
    ],
    configuration: [text],
    ready: { url: `http://127.0.0.1:${ports.kubeletHealth}/healthz` },
  };
}

function proxy(places: ClusterPlaces, programs: ClusterPrograms, write: Write): Component {
  const text = renderProxy(join(places.config, "proxy.kubeconfig"));
  return {
    name: "proxy",
    file: programs.proxy,
    args: [`--config=${write("proxy.yaml", text)}`],
    configuration: [text],
    ready: { url: `http://127.0.0.1:${ports.proxyHealth}/livez` },
  };
}

function coredns(places: ClusterPlaces, programs: ClusterPrograms, write: Write): Component {
  const text = renderCorefile(join(places.config, "coredns.kubeconfig"));
  return {
    name: "coredns",
    file: programs.coredns,
    args: [`-conf=${write("Corefile", text)}`],
    configuration: [text],
    ready: { url: `http://127.0.0.1:${ports.dnsReady}/ready` },
  };
}

/** The socket on which Git's hook reaches the Git server. */
export function notifySocket({ state }: ClusterPlaces): string {
  return join(state, "git.sock");
}

function gitServer(places: ClusterPlaces, programs: ClusterPrograms): Component {
  const repository = [
    places.repository,
    network.host,
    String(ports.git),
    notifySocket(places),
    repositoryUrl,
  ];
  return {
    name: "git",
    file: process.execPath,
    args: [join(import.meta.dirname, "git", "main.ts"), ...repository, programs.kubectl, places.kubeconfig],
    ready: {
      url: `http://${network.host}:${ports.git}/${basename(places.repository)}/info/refs?service=git-upload-pack`,
    },
  };
}

function policies({ pki, state }: ClusterPlaces): Component {
  const ready = join(state, "policies.sock");
  const server = `https://${network.host}:${ports.apiServer}`;
  return {
    name: "policies",
    file: process.execPath,
    args: [join(import.meta.dirname, "policies", "main.ts"), server, pki, network.bridge, ready],
    ready: { socket: ready },
  };
}

function registry(places: ClusterPlaces, programs: ClusterPrograms, write: Write): Component {
  const text = renderRegistry(places.registryData);
  return {
    name: "registry",
    file: programs.registry,
    args: ["serve", write("registry.yaml", text)],
    configuration: [text],
    ready: { url: `http://127.0.0.1:${ports.registry}/v2/` },
  };
}
