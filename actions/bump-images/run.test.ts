import { describe, expect, test } from "vitest";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import type { PinnedImage } from "../lib/domain/built-image.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { gitRepository } from "../lib/testing/git-repository.ts";
import { type MemoryGit, memoryGit } from "../lib/testing/memory-git.ts";
import { memoryHistory } from "../lib/testing/memory-history.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { noImages } from "../lib/testing/no-images.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { temporaryFolder } from "../lib/testing/temporary-folder.ts";
import { bareRepository } from "../lib/testing/test-git.ts";
import { type Inputs, loadInputs } from "./inputs.ts";
import { type Ports, run } from "./run.ts";

const digest = `sha256:${"a".repeat(64)}`;
const image = (name: string): PinnedImage => ({
  name,
  repository: `localhost:5001/${name}`,
  tag: "0a1b2c3d4e5f6071",
  digest,
  reference: `localhost:5001/${name}:0a1b2c3d4e5f6071@${digest}`,
  changed: true,
});
const overlay = "overlays/local/processing/pipelines/breweries/kustomization.yaml";
const files = {
  [overlay]: `# ours
images:
  - name: breweries-silver
    newName: localhost:5001/breweries-silver
    newTag: unbuilt # by bump-images
  - name: breweries-gold
    newName: localhost:5001/breweries-gold
    newTag: unbuilt
`,
  "overlays/local/kustomization.yaml": "resources: [processing]\n",
  "overlays/eks/kustomization.yaml": "images:\n  - name: breweries-silver\n    newTag: eks\n",
};
const inputs = (more: Partial<Inputs> = {}): Inputs => ({
  environment: "local",
  images: [image("breweries-silver"), image("breweries-gold")],
  sourceCommit: undefined,
  commit: true,
  pushBranch: undefined,
  dryRun: false,
  committer: { name: "Bot", email: "bot@example.invalid" },
  ...more,
});

/** Commits that images are built from, the oldest first. */
const OLD = ["1", "2", "3", "4", "5"].map((digit) => digit.repeat(40));

interface TestPorts extends Ports {
  workspace: MemoryWorkspace;
  sourceControl: MemoryGit;
  /** How long it waited, each time. */
  waits: number[];
}

function ports(): TestPorts {
  const workspace = memoryWorkspace(files);
  const waits: number[] = [];
  const wait = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const sourceControl = memoryGit(workspace);
  const history = memoryHistory(sourceControl, [...OLD]);
  return { workspace, sourceControl, history, wait, waits, logger: silentLogger(), ...noImages() };
}

describe("run", () => {
  test("edits the environment's overlays in one commit that names images and source", async () => {
    const at = ports();
    const source = await at.sourceControl.head();
    const result = await run(inputs(), at);
    expect(at.workspace.text(overlay)).toBe(`# ours
images:
  - name: breweries-silver
    newName: localhost:5001/breweries-silver
    newTag: 0a1b2c3d4e5f6071 # by bump-images
    digest: ${digest}
  - name: breweries-gold
    newName: localhost:5001/breweries-gold
    newTag: 0a1b2c3d4e5f6071
    digest: ${digest}
`);
    expect(at.workspace.text("overlays/eks/kustomization.yaml")).toContain("newTag: eks");
    expect(at.sourceControl.commits).toMatchObject([
      {
        id: result.outputs.commit,
        paths: [overlay],
        message: `Bump breweries-silver and breweries-gold in local

breweries-silver: unbuilt -> 0a1b2c3d4e5f6071@${digest}
breweries-gold: unbuilt -> 0a1b2c3d4e5f6071@${digest}

Wavehouse-Environment: local
Wavehouse-Source-Commit: ${source}
`,
      },
    ]);
    expect(result.outputs.changed).toBe("true");
    expect(result.summary).toContain(`2 images moved in commit ${result.outputs.commit}.`);
    expect(result.summary).toContain(
      "| breweries-silver | `unbuilt` | `0a1b2c3d4e5f6071` `sha256:aaaaaaaaaaaa…` |",
    );
    expect(result.summary).toContain(
      "-    newTag: unbuilt # by bump-images\n+    newTag: 0a1b2c3d4e5f6071 # by bump-images\n",
    );
  });

  test("makes no commit when the overlays say so already, and tells it", async () => {
    const at = ports();
    await run(inputs(), at);
    const result = await run(inputs({ pushBranch: "main" }), at);
    expect(result.outputs).toEqual({ changed: "false", commit: "", "pull-request": "" });
    expect(result.summary).toContain("Nothing to bump");
    expect(at.sourceControl.commits).toHaveLength(1);
    expect(at.sourceControl.branches.size).toBe(0);
  });

  test("a dry run tells what would move, and writes nothing", async () => {
    const at = ports();
    const result = await run(inputs({ dryRun: true, pushBranch: "main" }), at);
    expect(result.outputs).toEqual({ changed: "true", commit: "", "pull-request": "" });
    expect(result.summary).toContain("2 images would move.");
    expect(at.workspace.text(overlay)).toBe(files[overlay]);
    expect(at.sourceControl.commits).toEqual([]);
  });

  test("without a commit only the files are edited", async () => {
    const at = ports();
    const result = await run(inputs({ commit: false }), at);
    expect(result.outputs).toEqual({ changed: "true", commit: "", "pull-request": "" });
    expect(at.workspace.text(overlay)).toContain(digest);
    expect(at.sourceControl.commits).toEqual([]);
    expect(result.summary).toContain("not committed");
  });

  test("pushes the commit where it is told to", async () => {
    const at = ports();
    const result = await run(inputs({ pushBranch: "main" }), at);
    expect(at.sourceControl.branches.get("main")).toBe(result.outputs.commit);
  });

  test("a commit that fails leaves the files as they were", async () => {
    const at = ports();
    const failing = {
      ...at.sourceControl,
      commit: () => Promise.reject(new UserError("nothing was committed")),
    };
    await expect(run(inputs(), { ...at, sourceControl: failing })).rejects.toThrow("nothing was committed");
    expect(at.workspace.text(overlay)).toBe(files[overlay]);
  });

  test("a push that is refused leaves nothing behind, so that the next run does it all", async () => {
    const at = ports();
    const refusing = {
      ...at.sourceControl,
      push: () => Promise.reject(new UserError("the server refused it")),
    };
    await expect(run(inputs({ pushBranch: "main" }), { ...at, sourceControl: refusing })).rejects.toThrow(
      /^Nothing was bumped: the server refused it$/,
    );
    expect(at.workspace.text(overlay)).toBe(files[overlay]);
    expect(at.sourceControl.commits).toEqual([]);
    expect(at.waits).toEqual([]);
    const again = await run(inputs({ pushBranch: "main" }), at);
    expect(at.sourceControl.branches.get("main")).toBe(again.outputs.commit);
  });

  test("a branch that moves meanwhile keeps what came, and the bump goes on top", async () => {
    const at = ports();
    const theirs = files[overlay].replace("newTag: unbuilt # by", "newTag: theirs # by");
    at.sourceControl.pushElsewhere("main", { [overlay]: theirs, "other.txt": "theirs" });
    const only = { images: [image("breweries-gold")], sourceCommit: "5".repeat(40), pushBranch: "main" };
    const result = await run(inputs(only), at);
    expect(at.workspace.text(overlay)).toContain("newTag: theirs # by bump-images");
    expect(at.workspace.text(overlay)).toContain(digest);
    expect(at.sourceControl.commits.map(({ paths }) => paths)).toEqual([[overlay, "other.txt"], [overlay]]);
    expect(at.sourceControl.commits.at(-1)?.message).toContain(
      `Wavehouse-Source-Commit: ${"5".repeat(40)}\n`,
    );
    expect(at.sourceControl.branches.get("main")).toBe(result.outputs.commit);
    expect(at.waits).toEqual([expect.any(Number)]);
  });

  test("somebody else's very bump is enough", async () => {
    const bumped = ports();
    await run(inputs(), bumped);
    const at = ports();
    at.sourceControl.pushElsewhere("main", { [overlay]: bumped.workspace.text(overlay) });
    const result = await run(inputs({ pushBranch: "main" }), at);
    expect(result.outputs).toEqual({ changed: "false", commit: "", "pull-request": "" });
    expect(at.sourceControl.commits.map(({ message }) => message)).toEqual(["theirs"]);
  });

  test("a branch that never stands still is given up, and nothing is left behind", async () => {
    const at = ports();
    const moving = { ...at.sourceControl, push: async () => "moved" as const };
    await expect(run(inputs({ pushBranch: "main" }), { ...at, sourceControl: moving })).rejects.toThrow(
      "Nothing was bumped: main moved 20 times while the change was made; run it again.",
    );
    expect(at.workspace.text(overlay)).toBe(files[overlay]);
    expect(at.sourceControl.commits).toEqual([]);
    expect(at.waits).toHaveLength(19);
    for (const [tried, waited] of at.waits.entries()) {
      const most = Math.min(8_000, 500 * 2 ** tried);
      expect(waited).toBeGreaterThanOrEqual(most / 2);
      expect(waited).toBeLessThanOrEqual(most);
    }
  });

  test("one image that no overlay names keeps all of them from moving", async () => {
    const at = ports();
    const failed = run(inputs({ images: [image("breweries-silver"), image("breweries-tests")] }), at);
    await expect(failed).rejects.toThrow(`${overlay}:1:1: error: breweries-tests was built, but no overlay`);
    expect(at.workspace.text(overlay)).toBe(files[overlay]);
  });

  test("an environment that is not there is told, with what was meant", async () => {
    await expect(run(inputs({ environment: "loca" }), ports())).rejects.toThrow(
      "Input `environment` is `loca`, but overlays/loca has no kustomization; did you mean `local`?",
    );
  });

  test("a kustomization of 50 MB is not even read", async () => {
    const at = ports();
    const huge = "overlays/local/huge/kustomization.yaml";
    await at.workspace.apply(new Map([[huge, ""]]));
    const workspace = {
      ...at.workspace,
      list: async (prefix: string) =>
        (await at.workspace.list(prefix)).map((file) =>
          file.path === huge ? { ...file, bytes: 50e6 } : file,
        ),
    };
    await expect(run(inputs(), { ...at, workspace })).rejects.toThrow(
      `${huge}:1:1: error: the file has 50,000,000 bytes and was not read`,
    );
  });

  test("on a real repository, pushed to a real one", async () => {
    const repository = await gitRepository(files);
    const remote = await bareRepository();
    await repository.git("remote", "add", "origin", remote);
    const source = await repository.git("rev-parse", "HEAD");
    const real = realPorts(repository.root);
    const result = await run(inputs({ pushBranch: "main" }), real);
    expect(await repository.git("--git-dir", remote, "rev-parse", "main")).toBe(result.outputs.commit);
    expect(await repository.git("rev-list", "--count", "main")).toBe("2");
    expect(
      await repository.git(
        "show",
        "--format=%an %(trailers:key=Wavehouse-Source-Commit,valueonly,separator=)",
        "--numstat",
      ),
    ).toBe(
      `Bot ${source}

4	2	${overlay}`,
    );
    expect(await repository.git("status", "--porcelain")).toBe("");
    expect((await run(inputs({ pushBranch: "main" }), real)).outputs.changed).toBe("false");
  });
});

function realPorts(root: string): Ports {
  return connectDelivery({
    root,
    identity: inputs().committer,
    github: undefined,
    logger: silentLogger(),
  });
}

test("of three bumps at once, from shallow clones of one real repository, none is lost", async () => {
  const names = ["breweries-silver", "breweries-gold", "breweries-tests"];
  const entries = names.map((name) => `  - name: ${name}\n    newTag: unbuilt\n`);
  const origin = await gitRepository({ [overlay]: `images:\n${entries.join("")}` });
  const remote = await bareRepository();
  await origin.git("push", "--quiet", remote, "main");
  const results = await Promise.all(
    names.map(async (name) => {
      const root = await temporaryFolder();
      await origin.git("clone", "--quiet", "--depth=1", `file://${remote}`, root);
      return run(inputs({ images: [image(name)], pushBranch: "main" }), realPorts(root));
    }),
  );
  await origin.git("fetch", "--quiet", remote, "main");
  const made = (await origin.git("log", "--format=%H", "main..FETCH_HEAD")).split("\n");
  expect(made.sort()).toEqual(results.map(({ outputs }) => outputs.commit).sort());
  expect(await origin.git("show", `FETCH_HEAD:${overlay}`)).not.toContain("unbuilt");
});

describe("loadInputs", () => {
  const given = {
    environment: "local",
    images: JSON.stringify([
      { name: "a-gold", reference: `localhost:5001/a-gold:t@${digest}`, tag: "t", digest, changed: true },
    ]),
    commit: "true",
    "push-branch": "",
    "dry-run": "false",
    "committer-name": "Bot",
    "committer-email": "bot@example.invalid",
  };
  const load = (more: Record<string, string> = {}): Inputs => {
    const all: Record<string, string> = { ...given, ...more };
    return loadInputs((name) => all[name] ?? "");
  };

  test("reads what the step gives", () => {
    expect(load()).toMatchObject({
      environment: "local",
      commit: true,
      pushBranch: undefined,
      dryRun: false,
    });
    expect(load().images).toEqual([
      {
        name: "a-gold",
        repository: "localhost:5001/a-gold",
        tag: "t",
        digest,
        changed: true,
        reference: `localhost:5001/a-gold:t@${digest}`,
      },
    ]);
  });

  const item = {
    name: "a-gold",
    reference: `localhost:5001/a-gold:t@${digest}`,
    tag: "t",
    digest,
    changed: true,
  };
  test.each([
    [{ environment: "../etc" }, 'Input `environment` is "../etc"'],
    [{ commit: "false", "push-branch": "main" }, "there would be nothing to push"],
    [{ "source-commit": "main" }, 'Input `source-commit` is "main"; expected a commit in 40 hex digits'],
    [{ images: "{" }, "Input `images` is not JSON"],
    [{ images: "{}" }, "Input `images`: it is not a list"],
    [{ images: "[1]" }, "item 1 is not an object"],
    [
      { images: JSON.stringify([{ ...item, Digest: "x" }]) },
      "item 1 has the key `Digest` (did you mean `digest`?); expected name,",
    ],
    [{ images: JSON.stringify([{ ...item, name: 1 }]) }, "item 1 has no `name`"],
    [
      { images: JSON.stringify([{ ...item, digest: undefined }]) },
      "a-gold has no digest: it comes from a dry run",
    ],
    [{ images: JSON.stringify([{ ...item, reference: "a-gold" }]) }, 'the `reference` of a-gold is "a-gold"'],
    [{ images: JSON.stringify([{ ...item, tag: "other" }]) }, "is not what its `reference` says"],
    [{ images: JSON.stringify([{ ...item, changed: "yes" }]) }, '`changed` of a-gold is "yes"'],
    [{ images: JSON.stringify([item, item]) }, "the image a-gold is in it twice"],
  ])("refuses %j", (more, message) => {
    expect(() => load(more)).toThrow(message);
    expect(() => load(more)).toThrow(UserError);
  });
});
