import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from "yaml";
import { didYouMean } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { LineIndex, Position } from "./line-index.ts";
import type { Problem } from "./problem.ts";
import { YamlPositions } from "./yaml-positions.ts";

/** How many values aliases may stand for in all. */
const MAX_ALIASED = 10_000;

/** More tells nobody anything. */
const MAX_PROBLEMS = 50;

/** What a YAML tree says as data. */
export interface YamlValue {
  /** `undefined` where a problem leaves no value. */
  document: { value: unknown; positions: YamlPositions } | undefined;
  problems: { offset: number; problem: Problem }[];
}

/**
 * Makes data of a YAML tree, noting where each value was written.
 *
 * @param root of the document
 * @param lines of its text
 * @returns the data, and what is wrong: duplicate keys, keys that are not text, aliases without end
 */
export function readYamlValue(root: Node, lines: LineIndex): YamlValue {
  const reader = new Reader(lines);
  reader.bind(root);
  if (reader.problems.length > 0) return { document: undefined, problems: reader.problems };
  const value = reader.read(root, "", undefined, false);
  const document = reader.exhausted ? undefined : { value, positions: reader.positions };
  return { document, problems: reader.problems };
}

class Reader {
  readonly positions = new YamlPositions();
  readonly problems: YamlValue["problems"] = [];
  exhausted = false;
  readonly #lines: LineIndex;
  readonly #targets = new Map<Alias, Node>();
  #aliased = 0;
  /** The alias, written where nothing is aliased, through which values are read now. */
  #through: Node | null = null;

  constructor(lines: LineIndex) {
    this.#lines = lines;
  }

  /** Finds what each alias stands for: the last anchor of its name before it, which must be complete by then. */
  bind(root: Node): void {
    const anchors = new Map<string, Node>();
    const open = new Set<Node>();
    const walk = (node: Node | null): void => {
      if (isAlias(node)) this.#bindAlias(node, anchors, open);
      if (node === null || isAlias(node)) return;
      const { anchor } = node as Scalar;
      if (anchor !== undefined) anchors.set(anchor, node);
      open.add(node);
      if (isMap<Node, Node | null>(node)) {
        for (const pair of node.items) [pair.key, pair.value].forEach(walk);
      }
      if (isSeq<Node>(node)) node.items.forEach(walk);
      open.delete(node);
    };
    walk(root);
  }

  #bindAlias(alias: Alias, anchors: ReadonlyMap<string, Node>, open: ReadonlySet<Node>): void {
    const target = anchors.get(alias.source);
    if (target === undefined) this.#report(alias, unknownAnchor(alias.source, [...anchors.keys()]));
    else if (open.has(target)) this.#report(alias, anchorLoop(alias.source));
    else this.#targets.set(alias, target);
  }

  /** Recursion is bounded by the depth that was checked before, and aliases cannot loop any more. */
  read(node: Node | null, pointer: JsonPointer, key: Position | undefined, aliased: boolean): unknown {
    if (this.exhausted || node === null) return null;
    if (aliased && ++this.#aliased > MAX_ALIASED) return this.#exhaust();
    this.positions.note(pointer, this.#at(node), key);
    if (isAlias(node) && !aliased) this.#through = node;
    if (isAlias(node)) return this.read(this.#targets.get(node) ?? null, pointer, key, true);
    if (isScalar(node)) return node.value;
    if (isSeq<Node>(node)) {
      return node.items.map((item, index) => this.read(item, pointTo(pointer, index), undefined, aliased));
    }
    return isMap<Node, Node | null>(node) ? this.#readMap(node.items, pointer, aliased) : null;
  }

  #readMap(pairs: readonly Pair<Node, Node | null>[], pointer: JsonPointer, aliased: boolean): unknown {
    const entries = new Map<string, unknown>();
    for (const { key, value } of pairs) {
      const name = this.#keyName(key);
      if (name === undefined) this.#report(key, KEY_NOT_TEXT);
      else if (entries.has(name))
        this.#report(key, duplicateKey(name, this.positions.key(pointTo(pointer, name))));
      else entries.set(name, this.#readValue(key, value, pointTo(pointer, name), aliased));
    }
    return Object.fromEntries(entries);
  }

  #readValue(key: Node, value: Node | null, pointer: JsonPointer, aliased: boolean): unknown {
    const place = this.#at(key);
    this.positions.note(pointer, value === null ? place : this.#at(value), place);
    return this.read(value, pointer, place, aliased);
  }

  #keyName(key: Node): string | undefined {
    const node = isAlias(key) ? this.#targets.get(key) : key;
    return isScalar(node) && node.value !== null ? String(node.value) : undefined;
  }

  #exhaust(): null {
    this.exhausted = true;
    this.#report(this.#through, TOO_MANY_ALIASED);
    return null;
  }

  #at(node: Node): Position {
    return this.#lines.at(node.range?.[0] ?? 0);
  }

  #report(node: Node | null, problem: Problem): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ offset: node?.range?.[0] ?? 0, problem });
  }
}

const KEY_NOT_TEXT: Problem = {
  rule: "yaml/key-not-text",
  message: "a key is not text",
  expected: "a name",
  fix: "write the key as plain text",
};

const TOO_MANY_ALIASED: Problem = {
  rule: "yaml/alias-expansion",
  message: "aliases stand for too many values, so the file was not read further",
  expected: `at most ${MAX_ALIASED.toLocaleString("en")} values through aliases`,
  fix: "write the values out",
};

function anchorLoop(name: string): Problem {
  return {
    rule: "yaml/anchor-loop",
    message: `\`*${name}\` stands inside the value that \`&${name}\` names, so it has no end`,
    expected: "an alias after the value that its anchor names",
    fix: "write the value out",
  };
}

function unknownAnchor(name: string, known: readonly string[]): Problem {
  return {
    rule: "yaml/unknown-anchor",
    message: `there is no anchor \`&${name}\` before this alias`,
    expected:
      known.length === 0
        ? "an anchor above it"
        : `one of ${known.map((anchor) => `\`${anchor}\``).join(", ")}`,
    fix: didYouMean(name, known) ?? "write the value out, or quote it if the `*` is text",
  };
}

function duplicateKey(name: string, first: Position): Problem {
  return {
    rule: "yaml/duplicate-key",
    message: `\`${name}\` stands twice; the first is on line ${first.line}`,
    expected: "each key once",
    fix: "drop or rename one of the two",
  };
}
