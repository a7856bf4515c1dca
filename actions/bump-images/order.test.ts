import { describe, expect, test } from "vitest";
import type { PinnedImage } from "../lib/domain/built-image.ts";
import { formatHolds } from "../lib/domain/holds.ts";
import { memoryGit } from "../lib/testing/memory-git.ts";
import { memoryHistory } from "../lib/testing/memory-history.ts";
import { memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { noImages } from "../lib/testing/no-images.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { run } from "./run.ts";

const sources = ["1", "2", "3", "4"].map((digit) => digit.repeat(40));
const overlay = "overlays/local/kustomization.yaml";
const holds = "overlays/local/cicd/holds.yaml";
const built = (name: string, of: number): PinnedImage => {
  const [tag, digest] = [`t${of}`, `sha256:${String(of).repeat(64)}`];
  const repository = `localhost:5001/${name}`;
  return { name, repository, tag, digest, reference: `${repository}:${tag}@${digest}`, changed: true };
};

function place() {
  const workspace = memoryWorkspace({
    [overlay]: "images:\n  - name: a\n    newTag: unbuilt\n  - name: b\n    newTag: unbuilt\n",
  });
  const sourceControl = memoryGit(workspace);
  const ports = {
    workspace,
    ...noImages(),
    sourceControl,
    history: memoryHistory(sourceControl, sources),
    wait: async () => undefined,
    logger: silentLogger(),
  };
  const bump = (of: number, names = ["a", "b"]) =>
    run(
      {
        environment: "local",
        images: names.map((name) => built(name, of)),
        sourceCommit: sources[of - 1],
        commit: true,
        pushBranch: undefined,
        dryRun: false,
        committer: { name: "Bot", email: "bot@example.invalid" },
      },
      ports,
    );
  return { workspace, sourceControl, ports, bump };
}

describe("order", () => {
  test("an older build that finishes late changes nothing, and says so", async () => {
    const at = place();
    await at.bump(3);
    const late = await at.bump(2);
    expect(late.outputs).toMatchObject({ changed: "false", commit: "" });
    expect(late.summary).toContain(
      "a stays: what runs was built from 333333333333, which is newer than 222222222222.",
    );
    expect(at.sourceControl.commits).toHaveLength(1);
    expect(at.workspace.text(overlay)).not.toContain("t2");
  });

  test("of an older build, the images that nothing newer has still move", async () => {
    const at = place();
    await at.bump(3, ["a"]);
    const late = await at.bump(2);
    expect(late.outputs.changed).toBe("true");
    expect(at.workspace.text(overlay).match(/newTag: (\w+)/g)).toEqual(["newTag: t3", "newTag: t2"]);
    expect(at.sourceControl.commits.at(-1)?.message).toMatch(/^Bump b in local\n/);
  });

  test("a held image moves with the first build that is newer than the bad one, and the hold ends", async () => {
    const at = place();
    await at.bump(1);
    const text = formatHolds([{ image: "a", newerThan: sources[2] ?? "" }]) ?? "";
    await at.workspace.apply(new Map([[holds, text]]));
    await at.sourceControl.commit({ message: "hold", paths: [holds] });
    const held = await at.bump(3);
    expect(held.summary).toContain(
      "a is held by a roll-back: it moves when it is built from a commit newer than 333333333333",
    );
    expect(at.workspace.text(overlay).match(/newTag: (\w+)/g)).toEqual(["newTag: t1", "newTag: t3"]);
    expect(at.workspace.text(holds)).toBe(text);
    await at.bump(4);
    expect(at.workspace.text(overlay).match(/newTag: (\w+)/g)).toEqual(["newTag: t4", "newTag: t4"]);
    expect(await at.workspace.exists(holds)).toBe(false);
    expect(at.sourceControl.commits.at(-1)?.paths).toEqual([overlay, holds]);
  });

  test("an environment that wants pull requests and has no GitHub is told", async () => {
    const at = place();
    const path = "overlays/local/cicd/environment.yaml";
    await at.workspace.apply(new Map([[path, "data:\n  delivery: pull request\n"]]));
    await expect(at.bump(1)).rejects.toThrow(`${path}:2:13: error: data.delivery is "pull request"`);
  });
});
