import { createHmac } from "node:crypto";

/** A branch that moved, and the paths that differ between the two commits. */
export interface Push {
  ref: string;
  before: string;
  after: string;
  added: readonly string[];
  modified: readonly string[];
  removed: readonly string[];
}

/** The body and the headers of a webhook's request. */
export interface WebhookRequest {
  body: string;
  headers: Record<string, string>;
}

/**
 * Writes the webhook that GitHub would send for a push, as far as Argo CD reads it.
 *
 * @param push what was pushed
 * @param repositoryUrl the URL that Applications read from; GitHub tells it without `.git`
 * @param secret what both sides know
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
export function pushEvent(push: Push, repositoryUrl: string, secret: string): WebhookRequest {
  const { added, after, before, modified, ref, removed } = push;
  const url = repositoryUrl.replace(/\.git$/, "");
  const change = { id: after, added, modified, removed };
  const body = JSON.stringify({
    ref,
    before,
    after,
    repository: { html_url: url, url, clone_url: repositoryUrl, default_branch: "main" },
    commits: [change],
    head_commit: change,
  });
  const sign = (algorithm: string): string =>
    `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
  return {
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/wavehouse",
      "x-github-event": "push",
      "x-hub-signature": sign("sha1"),
      "x-hub-signature-256": sign("sha256"),
    },
  };
}

/**
 * Reads what `git diff --name-status --no-renames -z` writes.
 *
 * @param text NUL-separated: a letter, a path, a letter, a path …
 */
export function parseNameStatus(text: string): Pick<Push, "added" | "modified" | "removed"> {
  const parts = text.split("\0");
  const changed = { added: [] as string[], modified: [] as string[], removed: [] as string[] };
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const path = parts[at + 1] ?? "";
    if (parts[at] === "A") changed.added.push(path);
    else if (parts[at] === "D") changed.removed.push(path);
    else changed.modified.push(path);
  }
  return changed;
}
