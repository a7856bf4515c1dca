// The process that enforces NetworkPolicies: follows what decides them, and sets the machine's firewall.
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { enforce } from "./enforce.ts";
import type { Namespace, NetworkPolicy, Pod } from "./objects.ts";
import { watchObjects } from "./watch-objects.ts";

const [server = "", pki = "", bridge = "", ready = ""] = process.argv.slice(2);
const read = (name: string): Buffer => readFileSync(`${pki}/${name}`);
const api = {
  server,
  credentials: { ca: read("ca.crt"), cert: read("policies.crt"), key: read("policies.key") },
};

let namespaces: readonly Namespace[] | undefined;
let pods: readonly Pod[] | undefined;
let policies: readonly NetworkPolicy[] | undefined;
let running = false;
let again = false;

/** One at a time; whatever changes meanwhile is taken together afterwards. */
async function apply(): Promise<void> {
  again = true;
  if (running) return;
  running = true;
  while (again) {
    again = false;
    // Nothing is denied or allowed on half of the truth.
    if (namespaces === undefined || pods === undefined || policies === undefined) continue;
    await enforce({ namespaces, pods, policies }, bridge).then(tellReady, (error: unknown) => {
      process.stdout.write(`${new Date().toISOString()} ${String(error)}\n`);
      again = true;
    });
    // A burst of changes is one change; and a failure is not repeated at once.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  running = false;
}

rmSync(ready, { force: true });
const readiness = createServer((socket) => socket.end());

/** Whoever started this process waits for its socket. */
function tellReady(): void {
  if (!readiness.listening) readiness.listen(ready);
}

void watchObjects<Namespace>(api, "/api/v1/namespaces", (all) => {
  namespaces = all;
  void apply();
});
void watchObjects<Pod>(api, "/api/v1/pods", (all) => {
  pods = all;
  void apply();
});
void watchObjects<NetworkPolicy>(api, "/apis/networking.k8s.io/v1/networkpolicies", (all) => {
  policies = all;
  void apply();
});
