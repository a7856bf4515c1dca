/** A repository, as a registry's API wants it named. */
export interface ImagePlace {
  /** Host and port that requests go to. */
  host: string;
  /** The repository's name there: `acme/lake/breweries-silver`. */
  name: string;
}

/** Docker Hub's API and its logins have other names than its images. */
const HUB = { image: "docker.io", api: "registry-1.docker.io" };

/**
 * @param repository `ghcr.io/acme/lake/breweries-silver`; `debian` is Docker Hub's
 * @returns where it is
 */
export function placeOf(repository: string): ImagePlace {
  const [first = "", ...rest] = repository.split("/");
  const named = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const host = named ? first : HUB.image;
  const name = named ? rest.join("/") : repository;
  if (host !== HUB.image && host !== "index.docker.io") return { host, name };
  return { host: HUB.api, name: name.includes("/") ? name : `library/${name}` };
}

/**
 * @param host where requests go to
 * @returns the names under which Docker's configuration may keep its login
 */
export function loginNames(host: string): string[] {
  const hub = ["https://index.docker.io/v1/", "index.docker.io", HUB.image];
  const names = [host, `https://${host}`, `https://${host}/`, `https://${host}/v1/`, `https://${host}/v2/`];
  return host === HUB.api ? [...hub, ...names] : names;
}
