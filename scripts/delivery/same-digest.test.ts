import { execFile } from "node:child_process";
import { chmod, chown, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startLoopbackRegistry } from "../../actions/lib/adapters/loopback-registry.ts";
import type { BuiltImage } from "../../actions/lib/domain/built-image.ts";
import { craneProgram } from "../../actions/lib/testing/crane-program.ts";
import { gitRepository } from "../../actions/lib/testing/git-repository.ts";
import { templateFiles } from "../../actions/lib/testing/template-files.ts";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { bareRepository } from "../../actions/lib/testing/test-git.ts";

const TOOL = "pipelines/breweries/gold/tool.sh";
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Who builds. Root can be somebody else; others can at least have other habits. */
interface Builder {
  umask: string;
  zone: string;
  /** Names of folders above the checkout. */
  below: string;
  depth: readonly string[];
  other: boolean;
}

/** Clones, builds and pushes, all as that user. */
async function buildAs(builder: Builder, remote: string, registry: string): Promise<BuiltImage[]> {
  const home = await temporaryFolder();
  const id = builder.other && isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  // The remote is the test's, and Git reads nobody else's unasked.
  await writeFile(join(home, ".gitconfig"), "[safe]\n\tdirectory = *\n");
  if (id.uid !== undefined) await chown(home, id.uid, id.gid);
  const checkout = join(home, builder.below);
  const clone = ["clone", "--quiet", ...builder.depth, `file://${remote}`, checkout];
  const program = join(import.meta.dirname, "build-once.ts");
  const script = `umask ${builder.umask}; git "$@" && exec "$NODE" "$PROGRAM" "$CHECKOUT" "$REGISTRY"`;
  const env = {
    ...{ PATH: process.env.PATH, HOME: home, TMPDIR: home, TZ: builder.zone },
    ...{ NODE: process.execPath, PROGRAM: program, CHECKOUT: checkout, REGISTRY: registry },
  };
  const { stdout } = await promisify(execFile)("sh", ["-c", script, "sh", ...clone], {
    cwd: "/",
    env,
    ...id,
  });
  // Or the checkouts would not differ in what they are meant to.
  const { mode, uid } = await stat(join(checkout, TOOL));
  expect((mode & 0o777).toString(8)).toBe((0o777 & ~Number.parseInt(builder.umask, 8)).toString(8));
  if (id.uid !== undefined) expect(uid).toBe(id.uid);
  return (JSON.parse(stdout) as BuiltImage[]).map(({ name, tag, digest, changed }) => {
    return { name, tag, digest, changed, reference: "" };
  });
}

test("whoever builds, wherever, whenever: the same commit gives the same digests, to the bit", {
  timeout: 60_000,
}, async () => {
  const template = Object.entries(await templateFiles());
  const chosen = template.filter(([path]) => /^pipelines\/(breweries|runtime)\//.test(path));
  const files = chosen.map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]);
  const at = await gitRepository({ ...Object.fromEntries(files), [TOOL]: "#!/bin/sh\n" });
  await chmod(join(at.root, TOOL), 0o755);
  await at.git("commit", "--quiet", "--all", "--message=A tool");
  await at.git("commit", "--quiet", "--allow-empty", "--message=What is in no image");
  const remote = await bareRepository();
  await at.git("push", "--quiet", remote, "main");
  await chmod(remote, 0o755);
  const server = await startLoopbackRegistry({ program: await craneProgram(), port: 0 });
  try {
    const one = { umask: "022", zone: "UTC", below: "a", depth: [], other: false };
    const two = { umask: "077", zone: "Asia/Kathmandu", below: "a much/deeper one", depth: [], other: true };
    const first = await buildAs(one, remote, `${server.host}/one`);
    const second = await buildAs(two, remote, `${server.host}/two`);
    const shallow = { ...two, umask: "002", depth: ["--depth=1"], other: false };
    const third = await buildAs(shallow, remote, `${server.host}/three`);
    expect(first.map(({ changed }) => changed)).toEqual([true, true, true]);
    expect(first.every(({ digest }) => /^sha256:[0-9a-f]{64}$/.test(digest ?? ""))).toBe(true);
    // Each registry was empty, so each image was made anew.
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  } finally {
    await server.stop();
  }
});
