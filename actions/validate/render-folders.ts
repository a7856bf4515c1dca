import { parseRendered, type RenderedObject } from "../lib/domain/rendered-objects.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import { isManifest } from "./read-repository.ts";
import { keyOf, type Recall } from "./recall.ts";

/** A folder, as it was rendered. */
export interface RenderedFolder {
  folder: string;
  /** What kustomize wrote; `undefined` where it is recalled and nobody should need it. */
  text: string | undefined;
  objects: readonly RenderedObject[];
  /** What its objects were checked against and found good. */
  checked: string | undefined;
  /** Whether each of its objects keeps every policy, without an exception. */
  clean: boolean;
}

/** What is kept of a render. */
interface Kept {
  /** Content of each file it was made from; `null` for one that must not be there. */
  inputs: Readonly<Record<string, string | null>>;
  objects: readonly RenderedObject[];
  text: string | undefined;
  checked: string | undefined;
  clean: boolean;
}

const DEFINITION = "CustomResourceDefinition";

/** Renders the folders of an environment, each once, and recalls those of which no file changed. */
export class RenderFolders {
  readonly #renderer: ManifestRenderer;
  readonly #recall: Recall | undefined;
  readonly #rendered = new Map<string, Promise<RenderedFolder>>();

  /**
   * @param renderer renders one
   * @param recall what is known from earlier
   */
  constructor(renderer: ManifestRenderer, recall: Recall | undefined) {
    this.#renderer = renderer;
    this.#recall = recall;
  }

  /** @throws UserError when it does not render */
  render(folder: string): Promise<RenderedFolder> {
    const known = this.#rendered.get(folder);
    if (known !== undefined) return known;
    const kept = this.#recall?.memory.get("render", folder) as Kept | undefined;
    const rendered =
      kept !== undefined && this.#isFresh(kept) ? Promise.resolve({ folder, ...kept }) : this.#anew(folder);
    this.#rendered.set(folder, rendered);
    return rendered;
  }

  /**
   * The files that the renders were made from and that are no manifests, with what they held.
   *
   * @returns `undefined` where that is not known of all of them
   */
  outside(): Readonly<Record<string, string | null>> | undefined {
    const found: Record<string, string | null> = {};
    for (const folder of this.#rendered.keys()) {
      const kept = this.#recall?.memory.get("render", folder) as Kept | undefined;
      if (kept === undefined) return undefined;
      for (const [path, id] of Object.entries(kept.inputs)) if (!isManifest(path)) found[path] = id;
    }
    return found;
  }

  /** The text of a folder, which a recalled one has only where others are checked by it. */
  async textOf({ folder, text }: RenderedFolder): Promise<string> {
    return text ?? (await this.#renderer.render(folder));
  }

  /** Remembers that all of a folder's objects fit their schemas. */
  setChecked(rendered: RenderedFolder, key: string): void {
    this.#keep(rendered, { checked: key });
  }

  /** Remembers that all of a folder's objects keep the policies. */
  setClean(rendered: RenderedFolder): void {
    if (!rendered.clean) this.#keep(rendered, { clean: true });
  }

  #keep({ folder, objects }: RenderedFolder, more: Partial<Kept>): void {
    const kept = this.#recall?.memory.get("render", folder) as Kept | undefined;
    if (kept?.objects === objects) this.#recall?.memory.set("render", folder, { ...kept, ...more });
  }

  async #anew(folder: string): Promise<RenderedFolder> {
    const text = await this.#renderer.render(folder);
    const objects = parseRendered(text);
    const inputs = this.#inputsOf(await this.#renderer.inputs?.(folder));
    if (inputs === undefined) {
      if (this.#recall !== undefined) this.#recall.isComplete = false;
    } else {
      const kept: Kept = {
        inputs,
        objects,
        text: text.includes(DEFINITION) ? text : undefined,
        checked: undefined,
        clean: false,
      };
      this.#recall?.memory.set("render", folder, kept);
    }
    return { folder, text, objects, checked: undefined, clean: false };
  }

  /** @returns `undefined` where one of the files is none of those that are told apart: a link, or one that Git ignores */
  #inputsOf(
    inputs: { present: readonly string[]; absent: readonly string[] } | undefined,
  ): Kept["inputs"] | undefined {
    const ids = this.#recall?.ids;
    if (inputs === undefined || ids === undefined) return undefined;
    const found: Record<string, string | null> = Object.fromEntries(
      inputs.absent.map((path) => [path, null]),
    );
    for (const path of inputs.present) {
      const id = ids.get(path);
      if (id === undefined || !/^100/.test(id)) return undefined;
      found[path] = id;
    }
    return found;
  }

  #isFresh({ inputs }: Kept): boolean {
    return Object.entries(inputs).every(([path, id]) => (this.#recall?.ids.get(path) ?? null) === id);
  }
}

/**
 * What decides whether an object fits its schema, beside the pinned schemas.
 *
 * @param rendered all folders of an environment
 * @param version names the version that is deployed
 * @returns the texts that bring definitions, and a name for all of it
 */
export function definitionsIn(
  rendered: readonly RenderedFolder[],
  version: string | undefined,
): { texts: string[]; key: string } {
  const texts = rendered.flatMap(({ text }) => (text?.includes(DEFINITION) ? [text] : []));
  return { texts, key: keyOf(version, texts) };
}
