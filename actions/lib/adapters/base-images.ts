import type { BaseImages } from "../ports/base-images.ts";
import type { ImageBuilder } from "../ports/image-builder.ts";
import type { Logger } from "../ports/logger.ts";
import { baseRecipes } from "./base-recipes.ts";
import { chooseBuilder, PUBLIC_DEBIAN } from "./choose-builder.ts";
import { buildRecipe, recipeTag } from "./recipes.ts";

/**
 * The images that the pipelines' stand on, built by Docker or buildah from `pipelines/runtime/images`.
 *
 * @param root the repository's root
 * @param toolsDir the pinned tools
 * @param logger hears of each that was built
 */
export function baseImages(root: string, toolsDir: string, logger: Logger): BaseImages {
  let started: Promise<ImageBuilder> | undefined;
  return {
    read: async (debian = PUBLIC_DEBIAN) => {
      const builder = (): Promise<ImageBuilder> => {
        started ??= chooseBuilder(debian, toolsDir).then((chosen) => chosen.start());
        return started;
      };
      return Promise.all(
        Object.values(baseRecipes(root)).map(async (recipe) => ({
          name: recipe.name,
          tag: await recipeTag(recipe, debian),
          sources: recipe.sources,
          build: (reference: string) => {
            logger.info(`${reference} is built; the first time this takes minutes`);
            return buildRecipe(recipe, { base: debian, reference }, builder, (line) => logger.info(line));
          },
        })),
      );
    },
    close: async () => {
      await (await started?.catch(() => undefined))?.close();
    },
  };
}
