import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { text } from "../../../actions/lib/adapters/context-part.ts";
import type { Recipe } from "../../../actions/lib/adapters/recipes.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import type { ImageBuilder } from "../../../actions/lib/ports/image-builder.ts";
import { memoryRegistry } from "../../../actions/lib/testing/memory-registry.ts";
import { type BuildOptions, buildClusterImages, lookUpClusterImages } from "./build-cluster-images.ts";

const recipe = (repository: string, base: string | undefined, content: string): Recipe => ({
  name: repository,
  repository,
  base,
  parts: [text(async () => content, "Dockerfile")],
});
const chain = (more: { debian?: string; spark?: string } = {}): Recipe[] => [
  recipe("debian", undefined, more.debian ?? "debian"),
  recipe("spark-base", "debian", more.spark ?? "spark"),
  recipe("operator", "spark-base", "operator"),
  recipe("redis", "debian", "redis"),
];

/** Builds nothing: an image's digest follows from its Dockerfile and its base. */
function recordingBuilder(images: Map<string, string>, refuse?: string) {
  const built: string[] = [];
  let open = 0;
  const builder = async (): Promise<ImageBuilder> => {
    open++;
    return {
      build: async ({ context, base, reference }) => {
        if (refuse !== undefined && reference.includes(refuse)) throw new UserError(`${refuse} is broken`);
        const dockerfile = await readFile(join(context, "Dockerfile"));
        const digest = createHash("sha256")
          .update(dockerfile)
          .update(base ?? "")
          .digest("hex");
        built.push(`${reference.replace(/:[0-9a-f]{16}$/, "")} on ${base?.replace(/@.*/, "") ?? "nothing"}`);
        images.set(reference, `sha256:${digest}`);
        return `sha256:${digest}`;
      },
      close: async () => {
        open--;
      },
    };
  };
  return { builder, built, open: () => open };
}

function setUp(recipes: readonly Recipe[], images = new Map<string, string>(), refuse?: string) {
  const recorded = recordingBuilder(images, refuse);
  const registry = memoryRegistry();
  const lookedUp: string[] = [];
  const options: BuildOptions = {
    root: "/",
    registry: "localhost:5001",
    images: {
      digest: async (reference) => {
        lookedUp.push(reference);
        return images.get(reference) ?? registry.digest(reference);
      },
    },
    log: () => {},
    builder: recorded.builder,
    recipes,
  };
  return { ...recorded, images, lookedUp, options };
}

describe("buildClusterImages", () => {
  test("builds each image once, on the digest of the one that it stands on", async () => {
    const at = setUp(chain());
    const images = await buildClusterImages(at.options);
    expect(images.map(({ name, changed }) => [name, changed])).toEqual([
      ["spark-base", true],
      ["operator", true],
      ["redis", true],
    ]);
    expect(images[0]?.reference).toMatch(/^localhost:5001\/spark-base:[0-9a-f]{16}@sha256:[0-9a-f]{64}$/);
    expect([...at.built].sort()).toEqual([
      "localhost:5001/debian on nothing",
      "localhost:5001/operator on localhost:5001/spark-base",
      "localhost:5001/redis on localhost:5001/debian",
      "localhost:5001/spark-base on localhost:5001/debian",
    ]);
    expect(at.open()).toBe(0);
  });

  test("unchanged: one look-up each, and no builder is started", async () => {
    const first = setUp(chain());
    const before = await buildClusterImages(first.options);
    const again = setUp(chain(), first.images);
    const builder = () => Promise.reject(new Error("a builder was started"));
    const after = await buildClusterImages({ ...again.options, builder });
    expect(after).toEqual(before.map((image) => ({ ...image, changed: false })));
    expect(again.lookedUp).toHaveLength(4);
  });

  test("a change is built with what stands on it, and nothing else", async () => {
    const first = setUp(chain());
    await buildClusterImages(first.options);
    const second = setUp(chain({ spark: "spark, changed" }), first.images);
    const images = await buildClusterImages(second.options);
    expect(images.filter(({ changed }) => changed).map(({ name }) => name)).toEqual([
      "spark-base",
      "operator",
    ]);
  });

  test("some only, with what they stand on", async () => {
    const at = setUp(chain());
    const images = await buildClusterImages({ ...at.options, only: ["operator"] });
    expect(images.map(({ name }) => name)).toEqual(["spark-base", "operator"]);
    const unknown = buildClusterImages({ ...at.options, only: ["airfow"] });
    await expect(unknown).rejects.toThrow(
      "there is no image airfow; there are debian, spark-base, operator, redis",
    );
  });

  test("one that fails is told once, and those that do not stand on it are built", async () => {
    const at = setUp(chain(), new Map(), "spark-base");
    await expect(buildClusterImages(at.options)).rejects.toThrow(/^spark-base is broken$/);
    expect(at.built).toContain("localhost:5001/redis on localhost:5001/debian");
    expect(at.open()).toBe(0);
  });

  test("stands on somebody else's Debian where one is named, which is part of the tag", async () => {
    const at = setUp(chain());
    const debian = "docker.io/library/debian:bookworm-slim";
    const own = await buildClusterImages({ ...at.options, only: ["redis"] });
    const images = await buildClusterImages({ ...at.options, debian, only: ["redis"] });
    expect(at.built).toEqual([
      "localhost:5001/debian on nothing",
      "localhost:5001/redis on localhost:5001/debian",
      `localhost:5001/redis on ${debian}`,
    ]);
    expect(images.map(({ name, tag }) => [name, tag === own[0]?.tag])).toEqual([["redis", false]]);
  });
});

describe("lookUpClusterImages", () => {
  test("finds what was built, and of the rest what would be built, with what stands on it", async () => {
    const at = setUp(chain());
    const built = await buildClusterImages(at.options);
    const found = await lookUpClusterImages(at.options);
    expect(found.map(({ image }) => image)).toEqual(built.map((image) => ({ ...image, changed: false })));
    const changed = setUp(chain({ spark: "spark, changed" }), at.images);
    const names = (await lookUpClusterImages(changed.options)).map(({ name, image }) => [
      name,
      image !== undefined,
    ]);
    expect(names).toEqual([
      ["spark-base", false],
      ["operator", false],
      ["redis", true],
    ]);
    expect(changed.built).toEqual([]);
  });
});
