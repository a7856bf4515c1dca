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

/**
 * Removes the bridge, its address and its routes, and the pods' links on it: the kernel removes those with their
 * pods' network namespaces, but some seconds after the last process in them.
 */
export async function removeBridge(name = bridge): Promise<void> {
  if (!(await hasLink(name))) return;
  for (const link of await linksOn(name)) {
    await ip("link", "delete", link).catch(async (error: unknown) => {
      if (await hasLink(link)) throw error; // else the kernel was first
    });
  }
  await ip("link", "delete", name);
}

/** Whether there is a link of the bridge's name. */
export async function hasBridge(): Promise<boolean> {
  return hasLink(bridge);
}

async function hasLink(name: string): Promise<boolean> {
  return ip("link", "show", name).then(
    () => true,
    () => false,
  );
}

async function linksOn(name: string): Promise<string[]> {
  const listed = await ip("-json", "link", "show", "master", name);
  // Where there is none, some versions print nothing.
  const links = JSON.parse(listed === "" ? "[]" : listed) as { readonly ifname?: string }[];
  return links.flatMap(({ ifname }) => ifname ?? []);
}

async function ip(...args: string[]): Promise<string> {
  return (await runProcess({ file: "ip", args })).stdout.toString().trim();
}
