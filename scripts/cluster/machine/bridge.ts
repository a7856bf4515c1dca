import { runProcess } from "../../../actions/lib/adapters/process.ts";
import { network } from "../places.ts";

const { bridge, host, podCidr, serviceCidr } = network;

/** Makes the pods' bridge with the machine's address on it, before any pod is there: servers listen on it. */
export async function makeBridge(): Promise<void> {
  if (!(await hasBridge())) await ip("link", "add", bridge, "type", "bridge");
  const length = podCidr.slice(podCidr.indexOf("/"));
  await ip("address", "replace", `${host}${length}`, "dev", bridge);
  await ip("link", "set", bridge, "up");
  // So that the machine itself reaches Services, also where it has no other network.
  await ip("route", "replace", serviceCidr, "dev", bridge, "src", host);
}

/** Removes the bridge, its address and its routes. */
export async function removeBridge(): Promise<void> {
  if (await hasBridge()) await ip("link", "delete", bridge);
}

/** Whether there is a link of the bridge's name. */
export async function hasBridge(): Promise<boolean> {
  return ip("link", "show", bridge).then(
    () => true,
    () => false,
  );
}

async function ip(...args: string[]): Promise<void> {
  await runProcess({ file: "ip", args });
}
