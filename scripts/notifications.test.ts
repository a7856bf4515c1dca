import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { templateFiles } from "../actions/lib/testing/template-files.ts";
import { temporaryFolder } from "../actions/lib/testing/temporary-folder.ts";
import { writeFiles } from "../actions/lib/testing/write-files.ts";

const root = join(import.meta.dirname, "..");

test("what docs/promote.md adds to an environment on GitHub is valid there, with all that it refers to", {
  timeout: 240_000,
}, async () => {
  const page = await readFile(join(root, "docs/promote.md"), "utf8");
  const added =
    /`overlays\/<env>\/cicd\/argo-cd-notifications\/kustomization\.yaml`:\n+ *```yaml\n([^`]+)```/.exec(page);
  const files = await templateFiles();
  const edited = (path: string, line: string, before: string): Record<string, string> => {
    const text = new TextDecoder().decode(Buffer.from(files[path] ?? ""));
    expect(text).toContain(line);
    return { [path]: text.replace(line, `${before}\n${line}`) };
  };
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  await writeFiles(folder, {
    ...edited("overlays/minikube/kustomization.yaml", "  - cicd\n", "  - cicd/argo-cd-notifications"),
    ...edited(
      "overlays/minikube/cicd/kustomization.yaml",
      "  - ../../../apps\n",
      "  - ../../../apps/notifications",
    ),
    "overlays/minikube/cicd/argo-cd-notifications/kustomization.yaml": (added?.[1] ?? "").replace(
      /^ {3}/gm,
      "",
    ),
  });
  for (const args of [["init"], ["add", "--all"]])
    execFileSync("git", args, { cwd: folder, stdio: "ignore" });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "scripts/validate.ts"), "--root", folder],
    { encoding: "utf8" },
  );
  expect(`${stdout}${stderr}`).not.toMatch(/: (error|warning): /);
  expect(status).toBe(0);
  const objects = Number(/valid: (\d+) objects/.exec(stdout)?.[1]);
  expect(objects).toBeGreaterThan(300);
});

test("the controller is of the release that the rest of it comes from", async () => {
  const base = join(root, "manifests/cicd/argo-cd-notifications");
  const [release] = /(?<=\?ref=)v[\d.]+/.exec(await readFile(join(base, "kustomization.yaml"), "utf8")) ?? [];
  expect(await readFile(join(base, "controller.yaml"), "utf8")).toContain(`argocd:${release}\n`);
  expect(await readFile(join(root, "manifests/cicd/argo-cd/kustomization.yaml"), "utf8")).toContain(
    `ref=${release}\n`,
  );
});
