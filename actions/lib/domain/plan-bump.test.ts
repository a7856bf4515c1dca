import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import type { PinnedImage } from "./built-image.ts";
import { formatFinding } from "./finding.ts";
import { planBump } from "./plan-bump.ts";
import { quoteScalar } from "./quote-scalar.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

function image(name: string, more: { tag?: string; digest?: string; repository?: string } = {}): PinnedImage {
  const repository = more.repository ?? `localhost:5001/${name}`;
  const tag = more.tag ?? "0a1b2c3d4e5f6071";
  const pinned = more.digest ?? digest("a");
  return {
    name,
    repository,
    tag,
    digest: pinned,
    reference: `${repository}:${tag}@${pinned}`,
    changed: true,
  };
}

const path = "overlays/local/breweries/kustomization.yaml";
const plan = (text: string, ...images: PinnedImage[]): ReturnType<typeof planBump> =>
  planBump(new Map([[path, text]]), images);
const after = (text: string, ...images: PinnedImage[]): string | undefined => {
  const { edits, findings } = plan(text, ...images);
  expect(findings).toEqual([]);
  return edits[0]?.after;
};
const silver = image("breweries-silver");

describe("planBump edits", () => {
  test.each([
    [
      "an entry that has all three",
      `images:
  - name: breweries-silver
    newName: old # where
    newTag: unbuilt   # set by bump-images
    digest: ${digest("0")}
`,
      `images:
  - name: breweries-silver
    newName: localhost:5001/breweries-silver # where
    newTag: 0a1b2c3d4e5f6071   # set by bump-images
    digest: ${digest("a")}
`,
    ],
    [
      "an entry without a digest, keeping what stands around it",
      `# the overlay
images:

- newTag: unbuilt # comment
  name: breweries-silver

  newName: localhost:5001/breweries-silver
  # last words
- name: other
  newTag: stays
`,
      `# the overlay
images:

- newTag: 0a1b2c3d4e5f6071 # comment
  digest: ${digest("a")}
  name: breweries-silver

  newName: localhost:5001/breweries-silver
  # last words
- name: other
  newTag: stays
`,
    ],
    [
      "an entry that has only its name, at the end of a file without a line end",
      "images:\n  -   name: breweries-silver",
      `images:\n  -   name: breweries-silver\n      newName: localhost:5001/breweries-silver\n      newTag: 0a1b2c3d4e5f6071\n      digest: ${digest("a")}`,
    ],
    [
      "a file with CRLF",
      "images:\r\n  - name: breweries-silver\r\n    newTag: unbuilt\r\n",
      `images:\r\n  - name: breweries-silver\r\n    newTag: 0a1b2c3d4e5f6071\r\n    newName: localhost:5001/breweries-silver\r\n    digest: ${digest("a")}\r\n`,
    ],
    [
      "quotes",
      `images:\n  - name: 'breweries-silver'\n    "newName": "x"\n    newTag: 'y'\n`,
      `images:\n  - name: 'breweries-silver'\n    "newName": "localhost:5001/breweries-silver"\n    newTag: '0a1b2c3d4e5f6071'\n    digest: '${digest("a")}'\n`,
    ],
    [
      "a flow mapping",
      "images: [{name: breweries-silver, newName: x, newTag: unbuilt}, {name: other}] # all\n",
      `images: [{name: breweries-silver, newName: localhost:5001/breweries-silver, newTag: 0a1b2c3d4e5f6071, digest: ${digest("a")}}, {name: other}] # all\n`,
    ],
    [
      "a flow mapping over lines, with a comma at its end",
      "images:\n  - {\n      name: breweries-silver,\n      newTag: unbuilt, # here\n    }\n",
      `images:\n  - {\n      name: breweries-silver,\n      newTag: 0a1b2c3d4e5f6071, newName: localhost:5001/breweries-silver, digest: ${digest("a")}, # here\n    }\n`,
    ],
    [
      "JSON",
      '{"images": [{"name": "breweries-silver", "newName": "x", "newTag": "y"}]}',
      `{"images": [{"name": "breweries-silver", "newName": "localhost:5001/breweries-silver", "newTag": "0a1b2c3d4e5f6071", "digest": "${digest("a")}"}]}`,
    ],
    [
      "an empty tag",
      `images:\n  - name: breweries-silver\n    newName: localhost:5001/breweries-silver\n    newTag:\n    digest: ${digest("a")}\n`,
      `images:\n  - name: breweries-silver\n    newName: localhost:5001/breweries-silver\n    newTag: 0a1b2c3d4e5f6071\n    digest: ${digest("a")}\n`,
    ],
    [
      "a file with a byte-order mark",
      "\uFEFFimages:\n  - name: breweries-silver\n    newName: x\n    newTag: y\n    digest: z\n",
      `\uFEFFimages:\n  - name: breweries-silver\n    newName: localhost:5001/breweries-silver\n    newTag: 0a1b2c3d4e5f6071\n    digest: ${digest("a")}\n`,
    ],
  ])("%s", (_, before, expected) => {
    expect(after(before, silver)).toBe(expected);
    expect(plan(expected, silver).edits).toEqual([]);
  });

  // As public repositories have them: only the shape is theirs.
  test.each([
    [
      "marks of another updater behind the values, and a component",
      `---
# yaml-language-server: $schema=https://json.schemastore.org/kustomization
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
  - name: breweries-silver
    newName: <name> # {"$imagepolicy": "flux-system:silver:name"}
    newTag: <tag> # {"$imagepolicy": "flux-system:silver:tag"}
    digest: <digest> # {"$imagepolicy": "flux-system:silver:digest"}
`,
    ],
    [
      "images above the rest, entries that were commented out, and comments in columns",
      `images:    # ours
#- name: breweries-silver
#  newTag: v0.9
- name: breweries-silver
  newName: <name>   # Your container registry
  newTag: "<tag>"                               # Your image tag
  digest: <digest>
#- name: webhook
#  newTag: latest
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- manager.yaml
`,
    ],
    [
      "every string in quotes, two spaces behind colons, and other generators behind it",
      `"apiVersion":  "kustomize.config.k8s.io/v1beta1"
"kind":  "Kustomization"
"images":
  - "name":  "test/web-app"
    "newTag":  "latest"
  - "name":  "breweries-silver"
    "digest":  "<digest>"
    "newName":  "<name>"
    "newTag":  "<tag>"
"labels":
  - "pairs": { app.kubernetes.io/managed-by: "kustomize" }
    "includeSelectors": true
`,
    ],
    [
      "a patch that looks like images, and a setting that this one does not know",
      `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
patches:
  - target: { kind: Kustomization }
    patch: |-
      images:
        - name: breweries-silver
          newTag: not-this
          digest: sha256:nor-this
images:
  - name: breweries-silver
    tagSuffix: -slim
    newName: <name>
    newTag: '<tag>'
    digest: <digest>
replicas:
  - { name: breweries-silver, count: 5 }
configMapGenerator:
  - name: images
    literals: ["newTag=stays", digest=stays]
`,
    ],
    [
      "anchors on other entries, a tag of YAML on another, and characters of all alphabets",
      `# 자동 생성 - 승격 스크립트
commonAnnotations: &notes {note: "żółw 🐢"}
images:
  - name: other
    newTag: &version !!str 1
  - name: third
    newTag: *version

  - name: breweries-silver
    newName: <name>
    newTag: <tag>
    digest: <digest>
    # end of the list
namespace: "stg"
...
`,
    ],
  ])("%s", (_, shape) => {
    const fill = (name: string, tag: string, pinned: string): string =>
      shape.replaceAll("<name>", name).replaceAll("<tag>", tag).replaceAll("<digest>", pinned);
    for (const ends of ["\n", "\r\n"]) {
      const before = fill("ghcr.io/acme/old", "v1.0.0-rc.1", digest("0")).replaceAll("\n", ends);
      const expected = fill("localhost:5001/breweries-silver", "0a1b2c3d4e5f6071", digest("a"));
      expect(after(before, silver)).toBe(expected.replaceAll("\n", ends));
    }
  });

  test("quotes a tag that YAML would read as a number", () => {
    const before = "images:\n  - name: breweries-silver\n    newTag: unbuilt\n";
    expect(after(before, image("breweries-silver", { tag: "12e4567890123456" }))).toContain(
      'newTag: "12e4567890123456"\n',
    );
    expect(after(before, image("breweries-silver", { tag: "1234567890123456" }))).toContain(
      'newTag: "1234567890123456"\n',
    );
  });

  test("tells what moves, and from where", () => {
    const before = `images:\n  - name: breweries-silver\n    newTag: 123\n  - name: breweries-gold\n    newName: localhost:5001/breweries-gold\n    newTag: 0a1b2c3d4e5f6071\n    digest: ${digest("a")}\n`;
    const { edits } = plan(before, silver, image("breweries-gold"));
    expect(edits[0]?.moves).toEqual([
      {
        path,
        image: "breweries-silver",
        from: { newName: undefined, newTag: "123", digest: undefined },
        to: { newName: "localhost:5001/breweries-silver", newTag: "0a1b2c3d4e5f6071", digest: digest("a") },
      },
    ]);
  });

  test("edits every file that names the image, and leaves the others alone", () => {
    const entry = "images:\n  - name: breweries-silver\n    newTag: x\n";
    const files = new Map([
      ["a/kustomization.yaml", entry],
      ["b/kustomization.yaml", "resources: [x.yaml]\n"],
      ["c/kustomization.yaml", entry],
      ["d/kustomization.yaml", "images:\n"],
      ["e/kustomization.yaml", ""],
    ]);
    expect(planBump(files, [silver]).edits.map((edit) => edit.path)).toEqual([
      "a/kustomization.yaml",
      "c/kustomization.yaml",
    ]);
  });
});

describe("planBump refuses", () => {
  const place = "overlays/local/breweries/kustomization.yaml";
  test.each([
    [
      "an image that is there twice",
      "images:\n  - name: breweries-silver\n    newTag: a\n  - name: breweries-silver\n    newTag: b\n",
      `${place}:4:5: error: \`images\` has breweries-silver twice; keep one of the two entries [kustomization/image-twice]`,
    ],
    [
      "an anchor on the entry",
      "images:\n  - &silver\n    name: breweries-silver\n    newTag: a\n",
      `${place}:3:5: error: the entry of breweries-silver has the anchor &silver, so other entries may be the same text; write the entries out, without anchor and alias [kustomization/entry]`,
    ],
    [
      "an alias as an entry",
      "x: &silver\n  name: breweries-silver\nimages:\n  - *silver\n",
      `${place}:4:5: error: an item of \`images\` is not a mapping of its own; write the entry out, without an alias [kustomization/images]`,
    ],
    [
      "an anchor on the tag",
      "images:\n  - name: breweries-silver\n    newTag: &tag a\n  - name: other\n    newTag: *tag\n",
      `${place}:3:5: error: the entry of breweries-silver has an anchor or a tag at \`newTag\`; write plain text there [kustomization/entry]`,
    ],
    [
      "an alias as the tag",
      "x: &tag a\nimages:\n  - name: breweries-silver\n    newTag: *tag\n",
      `${place}:4:5: error: the entry of breweries-silver has a \`newTag\` that is no plain text; write text there [kustomization/entry]`,
    ],
    [
      "a merge",
      "x: &base {newTag: a}\nimages:\n  - <<: *base\n    name: breweries-silver\n",
      `${place}:3:5: error: the entry of breweries-silver merges another one (\`<<\`); write it out [kustomization/entry]`,
    ],
    [
      "a text block",
      "images:\n  - name: breweries-silver\n    newTag: |\n      a\n",
      `${place}:3:5: error: the entry of breweries-silver has its \`newTag\` in a text block; write it on the key's line [kustomization/entry]`,
    ],
    [
      "aliases that expand without end",
      `a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
images:
  - name: breweries-silver
`,
      `${place}:6:5: error: the entry of breweries-silver is written in a way that cannot be edited safely`,
    ],
    [
      "what is not YAML",
      "images:\n  - name: breweries-silver\n   newTag: a\n",
      /^overlays\/local\/breweries\/kustomization\.yaml:3:\d+: error: this is not YAML: .*nothing was changed \[kustomization\/syntax\]$/,
    ],
    ["a tab", "images:\n\t- name: breweries-silver\n", /:2:\d+: error: this is not YAML/],
    [
      "a key that is there twice",
      "images:\n  - name: breweries-silver\n    newTag: a\n    newTag: b\n",
      /:4:\d+: error: this is not YAML: Map keys must be unique/,
    ],
    ["two documents", "images: []\n---\nimages: []\n", /:\d:1: error: the file holds more than one document/],
    [
      "images that are no list",
      "images: {name: breweries-silver}\n",
      `${place}:1:9: error: \`images\` is not a list`,
    ],
    ["a list as a file", "- images\n", `${place}:1:1: error: the file is not a mapping`],
    [
      "an image that no overlay names",
      "images:\n  - name: breweries-gold\n",
      `${place}:1:1: error: breweries-silver was built, but no overlay of the environment names it; add \`- name: breweries-silver\` under \`images:\` [kustomization/image-not-named]`,
    ],
    [
      "an image whose name is nearly there",
      "images:\n  - name: breweries-silwer\n",
      `${place}:2:5: error: breweries-silver was built, but no overlay of the environment names it; add \`- name: breweries-silver\` under \`images:\`; did you mean \`breweries-silwer\`? [kustomization/image-not-named]`,
    ],
  ])("%s", (_, text, message) => {
    const { edits, findings } = plan(text, silver);
    expect(edits).toEqual([]);
    expect(findings).toHaveLength(1);
    const told = findings.map(formatFinding)[0];
    if (typeof message === "string") expect(told).toContain(message);
    else expect(told).toMatch(message);
  });

  test("an image that no overlay names is looked for in its pipeline's own overlay", () => {
    const files = new Map([
      ["overlays/local/kustomization.yaml", "resources: []\n"],
      ["overlays/local/processing/pipelines/breweries/kustomization.yaml", "resources: []\n"],
    ]);
    expect(planBump(files, [silver]).findings.map((finding) => finding.file)).toEqual([
      "overlays/local/processing/pipelines/breweries/kustomization.yaml",
    ]);
  });
});

/** A kustomization as people write them, with a hole for every value that a bump may change. */
interface Shape {
  render: (pins: ReadonlyMap<string, Record<string, string>>) => string;
  names: string[];
}

const comment = fc.constantFrom("", " # note", "   # a: b - [c", " #");
const gap = fc.constantFrom("", "\n", "\n\n", "    \n", "# between\n");
const quote = fc.constantFrom("plain", "single", "double");
const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{2,8}-(silver|gold|tests)$/), {
  minLength: 1,
  maxLength: 5,
});
const entryStyle = fc.record({
  keys: fc.shuffledSubarray(["name", "newName", "newTag", "digest"], { minLength: 4 }),
  flow: fc.boolean(),
  quotes: fc.array(quote, { minLength: 4, maxLength: 4 }),
  comments: fc.array(comment, { minLength: 4, maxLength: 4 }),
  gap,
  spaces: fc.constantFrom(" ", "  "),
});
type EntryStyle = typeof entryStyle extends fc.Arbitrary<infer T> ? T : never;

function renderEntry(style: EntryStyle, indent: string, values: Record<string, string>): string {
  const pairs = style.keys.map(
    (key, at) => `${key}:${style.spaces}${quoteScalar(values[key] ?? "", style.quotes[at] ?? "plain")}`,
  );
  if (style.flow) return `${style.gap}${indent}- {${pairs.join(", ")}}${style.comments[0]}\n`;
  const lines = pairs.map((pair, at) => `${indent}${at === 0 ? "- " : "  "}${pair}${style.comments[at]}\n`);
  return style.gap + lines.join("");
}

const shape: fc.Arbitrary<Shape> = fc
  .record({
    names,
    styles: fc.array(entryStyle, { minLength: 5, maxLength: 5 }),
    indent: fc.constantFrom("", "  ", "    "),
    head: fc.constantFrom(
      "",
      "# head\n",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\n",
      "\uFEFF",
    ),
    tail: fc.constantFrom(
      "",
      "# tail\n",
      "labels:\n  - pairs: {newTag: not-this, digest: nor-this}\n",
      "\n\n",
    ),
    crlf: fc.boolean(),
    open: fc.boolean(),
  })
  .map(({ names, styles, indent, head, tail, crlf, open }) => ({
    names,
    render: (pins) => {
      const entries = names.map((name, at) => {
        const style = styles[at];
        return style === undefined ? "" : renderEntry(style, indent, { name, ...pins.get(name) });
      });
      const text = `${head}images:\n${entries.join("")}${tail}`;
      const ended = open ? text.replace(/\n+$/, "") : text;
      return crlf ? ended.replaceAll("\n", "\r\n") : ended;
    },
  }));

const pin = fc.record({
  newName: fc.stringMatching(/^localhost:5001\/[a-z]{1,9}$/),
  newTag: fc.stringMatching(/^[0-9a-f]{16}$|^[0-9]{16}$|^[0-9]{2}e[0-9]{13}$/),
  digest: fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
});

function pinned(name: string, to: { newName: string; newTag: string; digest: string }): PinnedImage {
  return image(name, { repository: to.newName, tag: to.newTag, digest: to.digest });
}

describe("properties", () => {
  test("only the scalars of the images move: the rest is the same to the byte", () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(pin, { minLength: 5, maxLength: 5 }),
        fc.array(pin, { minLength: 5, maxLength: 5 }),
        fc.nat(5),
        (kustomization, olds, news, count) => {
          const old = new Map(kustomization.names.map((name, at) => [name, olds[at] ?? {}]));
          const moved = kustomization.names.slice(0, count);
          const wanted = moved.flatMap((name, at) =>
            news[at] === undefined ? [] : [pinned(name, news[at])],
          );
          const fresh = new Map(old);
          for (const { name, repository, tag, digest } of wanted)
            fresh.set(name, { newName: repository, newTag: tag, digest });
          const before = kustomization.render(old);
          const { edits, findings } = plan(before, ...wanted);
          expect(findings).toEqual([]);
          // A quoted scalar that need not be stays quoted, and so the other way round: compare with quotes off.
          const result = edits[0]?.after ?? before;
          expect(parseDocument(result).toJS()).toEqual(parseDocument(kustomization.render(fresh)).toJS());
          expect(withoutPins(result)).toBe(withoutPins(before));
          expect(plan(result, ...wanted).edits).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a digest that is missing is added, and nothing else changes", () => {
    fc.assert(
      fc.property(shape, fc.array(pin, { minLength: 5, maxLength: 5 }), (kustomization, pins) => {
        const wanted = kustomization.names.flatMap((name, at) =>
          pins[at] === undefined ? [] : [pinned(name, pins[at])],
        );
        const full = kustomization.render(
          new Map(kustomization.names.map((name, at) => [name, pins[at] ?? {}])),
        );
        // Takes each digest out, with its line or its comma.
        const before = full
          .replaceAll(/^ *digest: +['"]?sha256:\w+['"]?.*\r?\n?/gm, "")
          .replaceAll(/, digest: +['"]?sha256:\w+['"]?/g, "")
          .replaceAll(/digest: +['"]?sha256:\w+['"]?, /g, "");
        if (/^ *- digest/m.test(full)) return;
        const { edits, findings } = plan(before, ...wanted);
        expect(findings).toEqual([]);
        const result = edits[0]?.after ?? before;
        expect(parseDocument(result).toJS()).toEqual(parseDocument(full).toJS());
        const lines = (text: string): string[] =>
          text.split("\n").map((line) => line.replaceAll(/, digest: ['"]?sha256:\w+['"]?|\r$/g, ""));
        expect(lines(result).filter((line) => !/^ *digest: /.test(line))).toEqual(lines(before));
      }),
      { numRuns: 150 },
    );
  });
});

/** The text with a mark in the place of every pinned value, quoted or not. */
function withoutPins(text: string): string {
  return text.replaceAll(/((?:newName|newTag|digest): +)(?:'[^']*'|"[^"]*"|[\w:/.-]+)/g, "$1@");
}
