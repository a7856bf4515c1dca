import { movesOf } from "../domain/bump-message.ts";
import type { History } from "../ports/history.ts";
import { type ProposedImage, renderProposal } from "../render/render-proposal.ts";
import type { OrderedBump } from "./plan-ordered-bump.ts";

const LISTED_COMMITS = 20;

/**
 * Describes a bump to whoever reviews it.
 *
 * @param environment its name
 * @param plan what moves
 * @param source the commit that it brings
 * @param message the commit's message
 * @param history tells the commits between what runs and what shall run
 */
export async function describeProposal(
  environment: string,
  plan: OrderedBump,
  source: string | undefined,
  message: string,
  history: History,
): Promise<{ title: string; body: string }> {
  const images = movesOf(plan.bumps).map(({ image, from, to }): ProposedImage => {
    return { image, from, to, running: plan.running.get(image) };
  });
  const oldest = await oldestOf(images, source, history);
  const commits =
    source === undefined || oldest === undefined
      ? []
      : await history.between(oldest, source, LISTED_COMMITS + 1);
  const title = message.split("\n", 1)[0] ?? "";
  return { title, body: renderProposal(environment, images, commits, LISTED_COMMITS, plan.left) };
}

/** The one that is furthest behind: the commits since then are all that anybody gets. */
async function oldestOf(
  images: readonly ProposedImage[],
  source: string | undefined,
  history: History,
): Promise<string | undefined> {
  const known = [...new Set(images.flatMap(({ running }) => running ?? []))];
  if (source === undefined || known.length <= 1) return known[0];
  for (const candidate of known) {
    const orders = await history.compare(candidate, known);
    if (known.every((other) => ["same", "before"].includes(orders.get(other) ?? "unknown"))) return candidate;
  }
  return undefined;
}
