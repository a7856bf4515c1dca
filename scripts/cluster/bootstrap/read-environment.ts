import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { didYouMean } from "../../../actions/lib/domain/did-you-mean.ts";
import { registryOf } from "../../../actions/lib/domain/environments.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";

/** What an environment says of itself, in its `cicd/environment.yaml`. */
export interface Environment {
  name: string;
  /** The file, from the repository's root. */
  file: string;
  registry: string;
  /** Where Argo CD reads the repository; empty when the file does not say. */
  repoURL: string;
  /** The line of `repoURL`, from 1. */
  repoLine: number;
  targetRevision: string;
}

/**
 * Reads an environment of the checkout.
 *
 * @param root the repository's root
 * @param name the folder below `overlays/`
 * @throws UserError when there is no such environment, or it names no registry
 */
export async function readEnvironment(root: string, name: string): Promise<Environment> {
  const file = `overlays/${name}/cicd/environment.yaml`;
  if (!existsSync(join(root, file))) {
    const names = (await readdir(join(root, "overlays"))).sort();
    const hint = didYouMean(name, names) ?? `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
    throw new UserError(`there is no environment ${name}: ${file} is missing; ${hint}`);
  }
  const text = readFileSync(join(root, file), "utf8");
  const data = parseDocument(text, { prettyErrors: false });
  const said = (key: string): string => String(data.getIn(["data", key]) ?? "");
  const before = text.slice(0, /^ +repoURL:/m.exec(text)?.index ?? 0);
  return {
    name,
    file,
    registry: registryOf(new Map([[file, text]]), name),
    repoURL: said("repoURL"),
    repoLine: before.split("\n").length,
    targetRevision: said("targetRevision"),
  };
}
