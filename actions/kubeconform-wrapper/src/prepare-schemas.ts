import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildOnce } from "./build-once.ts";
import { cacheRoot } from "./cache-root.ts";
import { schemasFromCrd } from "./crd-schemas.ts";
import type { ToolOptions } from "./go-environment.ts";
import { goModuleDir } from "./go-module-dir.ts";
import { type JsonSchema, type KindSchema, schemaPath } from "./json-schema.ts";
import { type OpenApi, objectMetaSchema, schemasFromOpenApi } from "./openapi-schemas.ts";
import { parseGoMod } from "./parse-go-mod.ts";
import { splitDocuments } from "./split-documents.ts";
import { ToolError } from "./tool-error.ts";

/** To be raised with every change of what is generated, so that old schemas are not taken for new ones. A test holds it. */
export const schemaFormat = 1;

/** The pinned modules with CRDs, and the folder that they are in. */
const crdModules = [
  { name: "argo-cd", folder: "manifests/crds" },
  { name: "spark-operator", folder: "config/crd/bases" },
  { name: "external-secrets", folder: "config/crds/bases" },
] as const;

const metadataFile = "object-meta.json";

export interface SchemaOptions extends ToolOptions {
  /** The Kubernetes that is deployed, `1.36.3`; it must be the one that is pinned. */
  kubernetesVersion: string;
}

/**
 * Makes strict JSON schemas of every Kubernetes kind and of the pinned CRDs (Argo CD, Spark operator, External Secrets), once for
 * each set of pins. When they are there already no process is started.
 *
 * @returns the folder that holds them, for `validateStream`
 * @throws ToolError without Go, without the network on the first use, or when the versions disagree
 */
export async function prepareSchemas(options: SchemaOptions): Promise<string> {
  const names = ["kubernetes", ...crdModules.map(({ name }) => name)];
  const pins = await Promise.all(names.map((name) => readPin(options.toolsDir, name)));
  const pinned = parseGoMod(pins[0]?.mod ?? "").version;
  if (pinned !== `v${options.kubernetesVersion}`) {
    throw new ToolError(
      `schemas of Kubernetes ${options.kubernetesVersion} are asked for, and ${options.toolsDir}/kubernetes/go.mod ` +
        `pins ${pinned}: make the two agree`,
    );
  }
  const target = join(schemaRoot(options), `kubernetes-${pinned}-${hash([schemaFormat, pins])}`);
  await buildOnce(target, async (folder) => {
    const [kubernetes = "", ...crds] = await Promise.all(names.map((name) => goModuleDir(name, options)));
    const swagger = await readFile(join(kubernetes, "api/openapi-spec/swagger.json"), "utf8");
    const api: OpenApi = JSON.parse(swagger);
    const metadata = objectMetaSchema(api);
    const schemas = schemasFromOpenApi(api);
    for (const [index, { name, folder: crdFolder }] of crdModules.entries()) {
      const files = await readFolder(join(crds[index] ?? "", crdFolder));
      const found = files.flatMap(crdDocuments).flatMap((text) => schemasFromCrd(text, metadata));
      if (found.length === 0) throw new Error(`no CRD in ${crdFolder} of the module ${name}: did it move?`);
      schemas.push(...found);
    }
    await writeSchemas(folder, schemas);
    await writeFile(join(folder, metadataFile), JSON.stringify(metadata));
  });
  return target;
}

/**
 * Makes schemas of CRDs that the repository itself brings, in a folder of their own.
 *
 * @param crds YAML of one or many documents; those that are no CustomResourceDefinition are left alone
 * @param base the folder from `prepareSchemas`
 * @returns the folder to put before `base`, or `undefined` when the texts hold no CRD
 */
export async function prepareCrdSchemas(
  crds: readonly string[],
  base: string,
  options: Omit<ToolOptions, "toolsDir">,
): Promise<string | undefined> {
  const texts = crds.flatMap(crdDocuments);
  if (texts.length === 0) return undefined;
  const target = join(schemaRoot(options), `crds-${hash([schemaFormat, base, texts])}`);
  await buildOnce(target, async (folder) => {
    const metadata: JsonSchema = JSON.parse(await readFile(join(base, metadataFile), "utf8"));
    await writeSchemas(
      folder,
      texts.flatMap((text) => schemasFromCrd(text, metadata)),
    );
  });
  return target;
}

/** The documents that may be CRDs; cheap, for streams of many megabytes. What really is one the parser decides. */
function crdDocuments(text: string): string[] {
  const isCrd = (part: string): boolean => part.includes("CustomResourceDefinition");
  return isCrd(text)
    ? splitDocuments(text).flatMap((document) => (isCrd(document.text) ? [document.text] : []))
    : [];
}

function schemaRoot(options: Omit<ToolOptions, "toolsDir">): string {
  return join(options.cacheDir ?? cacheRoot(options.env), "schemas");
}

async function readPin(toolsDir: string, name: string): Promise<{ mod: string; sum: string }> {
  const read = (file: string): Promise<string> =>
    readFile(join(toolsDir, name, file), "utf8").catch((cause: unknown) => {
      throw new ToolError(`${join(toolsDir, name, file)} cannot be read: restore it from Git`, { cause });
    });
  return { mod: await read("go.mod"), sum: await read("go.sum") };
}

async function readFolder(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
}

async function writeSchemas(folder: string, schemas: readonly KindSchema[]): Promise<void> {
  await Promise.all(
    schemas.map(async ({ group, version, kind, schema }) => {
      const path = join(folder, schemaPath(group === "" ? version : `${group}/${version}`, kind));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, JSON.stringify(schema));
    }),
  );
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
