import type { BaseImage, BaseImages } from "../ports/base-images.ts";
import type { ImageBuilder } from "../ports/image-builder.ts";
import type { Logger } from "../ports/logger.ts";
import { baseRecipes, ownRecipe } from "./base-recipes.ts";
import { chooseBuilder, PUBLIC_DEBIAN } from "./choose-builder.ts";
import { buildRecipe, type Recipe, recipeTag } from "./recipes.ts";

/**
 * The images that the pipelines' stand on, built by Docker or buildah from `pipelines/runtime/images`.
 *
 * @param root the repository's root
 * @param toolsDir the pinned tools
 * @param logger hears of each that was built
 */
export function baseImages(root: string, toolsDir: string, logger: Logger): BaseImages {
  let started: Promise<ImageBuilder> | undefined;
  const builder = (): Promise<ImageBuilder> => {
    started ??= chooseBuilder(undefined, toolsDir).then((chosen) => chosen.start());
    return started;
  };
  const image = async (recipe: Recipe, sources: readonly string[], on: string): Promise<BaseImage> => ({
    name: recipe.name,
    tag: await recipeTag(recipe, on),
    sources,
    build: (reference) => {
      logger.info(`${reference} is built; the first time this takes minutes`);
      return buildRecipe(recipe, { base: on, reference }, builder, (line) => logger.info(line));
    },
  });
  return {
    read: (debian = PUBLIC_DEBIAN) => {
      const recipes = Object.values(baseRecipes(root));
      return Promise.all(recipes.map((recipe) => image(recipe, recipe.sources, debian)));
    },
    own: (name, sources, on) => image(ownRecipe(root, name, sources), sources, on),
    close: async () => {
      await (await started?.catch(() => undefined))?.close();
    },
  };
}
