import { expect, test } from "vitest";
import { bumpMessage } from "./bump-message.ts";
import type { BumpEdit } from "./plan-bump.ts";

const edits = (...images: string[]): BumpEdit[] =>
  images.map((image) => ({
    path: `${image}/kustomization.yaml`,
    before: "",
    after: "",
    moves: [
      {
        path: `${image}/kustomization.yaml`,
        image,
        from: { newName: undefined, newTag: undefined, digest: undefined },
        to: { newName: image, newTag: "new", digest: "sha256:ab" },
      },
    ],
  }));

test.each([
  [["a-gold"], "Bump a-gold in local"],
  [["a-gold", "b-gold"], "Bump a-gold and b-gold in local"],
  [["a-gold", "b-gold", "c-gold"], "Bump a-gold, b-gold and c-gold in local"],
  [["a-gold", "b-gold", "c-gold", "d-gold"], "Bump 4 images in local"],
  [["a-gold", "a-gold"], "Bump a-gold in local"],
])("%j", (images, subject) => {
  expect(bumpMessage("local", edits(...images), "c0ffee").split("\n")[0]).toBe(subject);
});

test("names what moves, and ends with trailers", () => {
  expect(bumpMessage("local", edits("a-gold"), "c0ffee")).toBe(`Bump a-gold in local

a-gold: untagged -> new@sha256:ab

Wavehouse-Environment: local
Wavehouse-Source-Commit: c0ffee
`);
});
