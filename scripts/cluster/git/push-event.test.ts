import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { type Push, parseNameStatus, pushEvent } from "./push-event.ts";

const push: Push = {
  ref: "refs/heads/main",
  before: "a".repeat(40),
  after: "b".repeat(40),
  added: ["new"],
  modified: ["overlays/local/kustomization.yaml"],
  removed: [],
};

test("names the repository by the URL that Applications read from, without .git, as GitHub does", () => {
  const { body } = pushEvent(push, "http://git.wavehouse.internal:3000/wavehouse.git", "secret");
  expect(JSON.parse(body)).toMatchObject({
    ref: "refs/heads/main",
    before: push.before,
    after: push.after,
    repository: { html_url: "http://git.wavehouse.internal:3000/wavehouse", default_branch: "main" },
    commits: [
      { id: push.after, added: ["new"], modified: ["overlays/local/kustomization.yaml"], removed: [] },
    ],
  });
});

test("signs the very body", () => {
  const { body, headers } = pushEvent(push, "http://git/wavehouse.git", "secret");
  expect(headers["x-github-event"]).toBe("push");
  const expected = createHmac("sha256", "secret").update(body).digest("hex");
  expect(headers["x-hub-signature-256"]).toBe(`sha256=${expected}`);
  expect(pushEvent(push, "http://git/wavehouse.git", "other").headers["x-hub-signature-256"]).not.toBe(
    headers["x-hub-signature-256"],
  );
});

test("the paths of a commit, also those with spaces and line ends", () => {
  expect(parseNameStatus("A\0a b\0M\0c\nd\0D\0e\0T\0f\0")).toEqual({
    added: ["a b"],
    modified: ["c\nd", "f"],
    removed: ["e"],
  });
  expect(parseNameStatus("")).toEqual({ added: [], modified: [], removed: [] });
});
