import { describe, expect, test } from "vitest";
import { parseBumpRecord, sourceOf } from "./bump-record.ts";
import { formatHolds, parseHolds } from "./holds.ts";
import { explainLeft, orderImages, type Standing } from "./order-images.ts";

const commit = (digit: number): string => String(digit).repeat(40);
const standing = (own: string, other: string): Standing => {
  if (own === commit(9) || other === commit(9)) return "unknown";
  if (own === commit(8) || other === commit(8)) return "unrelated";
  if (own === other) return "same";
  return own > other ? "after" : "before";
};

describe("orderImages", () => {
  test.each<[string, number, number | undefined, number | undefined, string]>([
    ["from a newer commit", 5, 4, undefined, "goes"],
    ["from the same commit, built anew", 4, 4, undefined, "goes"],
    ["from an older commit, however late it comes", 3, 4, undefined, "older"],
    ["over what nothing is known of", 3, undefined, undefined, "goes"],
    ["over what a rewritten branch no longer has", 3, 9, undefined, "goes"],
    ["over what was built beside", 3, 8, undefined, "unrelated"],
    ["the bad one again", 4, 3, 4, "held"],
    ["between what was brought back and the bad one", 3, 2, 4, "held"],
    ["newer than the bad one", 5, 3, 4, "goes, and ends the hold"],
    ["with a hold on a commit that is gone", 5, 3, 9, "held"],
    ["held, and with nothing known of what runs", 4, undefined, 4, "held"],
  ])("%s", (_name, source, running, held, expected) => {
    const holds = held === undefined ? [] : [{ image: "a", newerThan: commit(held) }];
    const candidate = {
      image: "a",
      source: commit(source),
      running: running === undefined ? undefined : commit(running),
    };
    const { go, left, met } = orderImages([candidate], holds, standing);
    const goes = met.length > 0 ? "goes, and ends the hold" : "goes";
    expect(left[0]?.reason ?? goes).toBe(expected);
    expect(go).toEqual(left.length === 0 ? ["a"] : []);
    for (const one of left) expect(explainLeft(one)).toContain(commit(source).slice(0, 12));
  });

  test("a hold keeps its own image only", () => {
    const offered = ["a", "b"].map((image) => ({ image, source: commit(4), running: commit(3) }));
    const { go, left } = orderImages(offered, [{ image: "a", newerThan: commit(4) }], standing);
    expect(go).toEqual(["b"]);
    expect(left).toEqual([{ image: "a", source: commit(4), reason: "held", than: commit(4) }]);
  });
});

describe("records", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const message = `Bump a and b in local (#12)

a: unbuilt -> 1@${digest}
b: 0 -> 2@${digest}

Wavehouse-Environment: local
Wavehouse-Source-Commit: ${commit(2)}
Wavehouse-Image-Source: b ${commit(1)}
`;

  test("are read from the message, each image with its own source", () => {
    const record = parseBumpRecord(commit(7), message);
    expect(record.images.get("a")).toEqual({ tag: "1", digest, source: commit(2) });
    expect(record.images.get("b")).toEqual({ tag: "2", digest, source: commit(1) });
    expect(sourceOf([record], "a", digest)).toBe(commit(2));
  });

  test("tell nothing of an overlay that somebody edited since, nor of what they do not name", () => {
    const record = parseBumpRecord(commit(7), message);
    expect(sourceOf([record], "a", `sha256:${"b".repeat(64)}`)).toBeUndefined();
    expect(sourceOf([record], "c", digest)).toBeUndefined();
    expect(sourceOf([record], "a", undefined)).toBeUndefined();
  });
});

describe("holds", () => {
  const holds = [
    { image: "b", newerThan: commit(1) },
    { image: "a", newerThan: commit(2) },
  ];

  test("are read as they were written, also when the commit is all digits", () => {
    expect(parseHolds("holds.yaml", formatHolds(holds) ?? "")).toEqual([...holds].reverse());
    expect(formatHolds([])).toBeNull();
    expect(parseHolds("holds.yaml", undefined)).toEqual([]);
  });

  test.each([
    "",
    "holds: 1\n",
    "holds: [{image: a}]\n",
    "holds: [{image: a, newerThan: 12}]\n",
    "holds: [\n",
  ])("%j is an error: a hold must not be lost", (text) => {
    expect(() => parseHolds("overlays/local/cicd/holds.yaml", text)).toThrow(/^overlays\/local\/cicd\/holds/);
  });
});
