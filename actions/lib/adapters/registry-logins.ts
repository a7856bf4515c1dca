import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { loginNames } from "../domain/image-place.ts";
import { UserError } from "../domain/user-error.ts";
import { ProcessError, runProcess } from "./process.ts";

/** How to identify oneself to a registry. */
export type Login = { user: string; password: string } | { identityToken: string };

interface DockerConfig {
  auths?: Readonly<Record<string, { auth?: string; identitytoken?: string }>>;
  credHelpers?: Readonly<Record<string, string>>;
  credsStore?: string;
}

/**
 * Reads this machine's login to a registry where Docker, Podman and the clouds' tools keep it: Docker's configuration,
 * and the credential helpers that it names (`docker-credential-ecr-login`, `-gcloud`, …), which make short-lived ones.
 *
 * @param host the registry
 * @param environment says where the configuration is
 * @returns `undefined` where there is none: then one asks as nobody
 * @throws UserError when the configuration cannot be read or its helper fails
 */
export async function readLogin(
  host: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Login | undefined> {
  const path =
    environment.REGISTRY_AUTH_FILE ??
    join(environment.DOCKER_CONFIG ?? join(environment.HOME ?? homedir(), ".docker"), "config.json");
  const config = await readConfig(path);
  const names = loginNames(host);
  const helper = names.map((name) => config.credHelpers?.[name]).find((found) => found !== undefined);
  if (helper !== undefined) return askHelper(helper, host, path);
  for (const name of names) {
    const { auth, identitytoken } = config.auths?.[name] ?? {};
    if (identitytoken) return { identityToken: identitytoken };
    if (!auth) continue;
    const [user = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
    return { user, password: password.join(":") };
  }
  return config.credsStore ? askHelper(config.credsStore, names[0] ?? host, path) : undefined;
}

async function readConfig(path: string): Promise<DockerConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new UserError(`cannot read the registries' logins: ${(error as Error).message}`, { cause: error });
  }
  try {
    return (JSON.parse(text) ?? {}) as DockerConfig;
  } catch (cause) {
    throw new UserError(`${path} is not JSON; log in again (docker login), or remove it`, { cause });
  }
}

/** The protocol: the registry's name in, JSON out, and a sentence with this wording where there is no login. */
async function askHelper(helper: string, server: string, path: string): Promise<Login | undefined> {
  const file = `docker-credential-${helper}`;
  try {
    const { stdout } = await runProcess({ file, args: ["get"], stdin: server, timeoutMs: 30_000 });
    const { Username, Secret } = JSON.parse(stdout.toString()) as { Username?: string; Secret?: string };
    if (!Secret) return undefined;
    if (Username === "<token>") return { identityToken: Secret };
    return { user: Username ?? "", password: Secret };
  } catch (error) {
    const said =
      error instanceof ProcessError ? `${error.stdout}${error.stderr}${error.message}` : String(error);
    if (/credentials not found/i.test(said)) return undefined;
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new UserError(`${file}, which ${path} names for ${server}, fails: ${reason}; is it installed?`, {
      cause: error,
    });
  }
}
