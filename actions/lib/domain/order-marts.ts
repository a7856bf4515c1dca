import { isMap, isSeq, type Node, parseDocument } from "yaml";

/**
 * Puts a pipeline's marts into an order in which each comes after those that it reads. Blocks move whole, with the
 * comments right above them; what needs not move stays where it is.
 *
 * @param text the pipeline's file
 * @param needs gives the marts that a mart reads, by name
 * @returns the new text; `undefined` where the order is right, or there is none, or the list is not written plainly
 */
export function orderMarts(text: string, needs: (mart: string) => readonly string[]): string | undefined {
  const before = readMarts(text);
  if (before === undefined) return undefined;
  const names = before.items.map(({ name }) => name);
  const order = sorted(names, needs);
  if (order === undefined || order.every((from, to) => from === to)) return undefined;
  const blocks = before.isFlow ? before.items : blocksOf(text, before.items);
  if (blocks === undefined) return undefined;
  const changed = permuted(text, blocks, order);
  const after = readMarts(changed);
  // The last word: nothing but the order may differ.
  const wanted = order.map((index) => before.items[index]?.value);
  const got = after?.items.map(({ value }) => value);
  return JSON.stringify(got) === JSON.stringify(wanted) ? changed : undefined;
}

/** A piece of the text. */
interface Block {
  from: number;
  to: number;
}

interface MartItem extends Block {
  name: string;
  value: unknown;
}

function readMarts(text: string): { isFlow: boolean; items: MartItem[] } | undefined {
  const document = parseDocument(text, { prettyErrors: false });
  const list = document.errors.length > 0 ? undefined : document.getIn(["spec", "marts"]);
  if (!isSeq<Node>(list)) return undefined;
  const items = list.items.flatMap((item): MartItem[] => {
    if (!isMap(item) || typeof item.get("name") !== "string" || !item.range) return [];
    return [
      { name: String(item.get("name")), value: item.toJS(document), from: item.range[0], to: item.range[1] },
    ];
  });
  return items.length === list.items.length ? { isFlow: list.flow === true, items } : undefined;
}

/** @returns the old index of each place; `undefined` where marts wait for each other in a circle */
function sorted(names: readonly string[], needs: (mart: string) => readonly string[]): number[] | undefined {
  const waits = names.map((name) => needs(name).filter((other) => other !== name && names.includes(other)));
  const order: number[] = [];
  const done = new Set<string>();
  while (order.length < names.length) {
    const next = names.findIndex(
      (name, index) => !done.has(name) && waits[index]?.every((other) => done.has(other)),
    );
    const name = names[next];
    if (name === undefined) return undefined;
    order.push(next);
    done.add(name);
  }
  return order;
}

/** Whole lines: from the comments above an item's dash to the end of its last line, without the blank lines between. */
function blocksOf(text: string, items: readonly MartItem[]): Block[] | undefined {
  const starts: number[] = [];
  for (const { from } of items) {
    const dash = text.lastIndexOf("-", from - 1);
    const line = text.lastIndexOf("\n", dash) + 1;
    if (dash === -1 || text.slice(dash + 1, from).trim() !== "" || text.slice(line, dash).trim() !== "")
      return undefined;
    starts.push(withComments(text, line));
  }
  return starts.map((from, index) => {
    const end = items[index]?.to ?? from;
    const to = starts[index + 1] ?? (text[end - 1] === "\n" ? end : endOfLine(text, end));
    return { from, to: from + text.slice(from, to).trimEnd().length };
  });
}

function withComments(text: string, line: number): number {
  let start = line;
  while (start > 0) {
    const above = text.lastIndexOf("\n", start - 2) + 1;
    if (!/^[ \t]*#/.test(text.slice(above, start))) break;
    start = above;
  }
  return start;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

/** What stands between the blocks stays in its place. */
function permuted(text: string, blocks: readonly Block[], order: readonly number[]): string {
  let result = text.slice(0, blocks[0]?.from ?? 0);
  for (const [place, { to }] of blocks.entries()) {
    const moved = blocks[order[place] ?? place];
    result += text.slice(moved?.from, moved?.to);
    result += text.slice(to, blocks[place + 1]?.from ?? text.length);
  }
  return result;
}
