import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ImageBuilder } from "../ports/image-builder.ts";
import { craneProgram } from "../testing/crane-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { buildah } from "./buildah.ts";
import { docker } from "./docker.ts";
import { startLoopbackRegistry } from "./loopback-registry.ts";
import { ociRegistry } from "./oci-registry.ts";
import { runProcess } from "./process.ts";

interface Builder {
  name: string;
  start: (folder: string) => Promise<ImageBuilder>;
  /** Whether this machine has it. */
  answers: boolean;
}

function succeeds(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const builders: readonly Builder[] = [
  {
    name: "buildah",
    start: buildah,
    // Only root's can do without a daemon and without settings of the machine's own.
    answers: process.platform === "linux" && process.getuid?.() === 0 && succeeds("buildah", "--version"),
  },
  {
    name: "docker",
    start: async (folder) => docker(await craneProgram(), folder),
    answers: succeeds("docker", "info", "--format", "{{.ServerVersion}}"),
  },
];

describe.each(builders)("$name", ({ answers, start }) => {
  test.skipIf(!answers)(
    "builds a Dockerfile on a base of the registry, pushes it, and leaves nothing",
    async () => {
      const program = await craneProgram();
      const server = await startLoopbackRegistry({ program, port: 0 });
      const folder = await temporaryFolder();
      const builder = await start(folder);
      try {
        const build = async (name: string, dockerfile: string, base?: string): Promise<string> => {
          const context = join(folder, name);
          await mkdir(context);
          await writeFile(join(context, "Dockerfile"), dockerfile);
          await writeFile(join(context, "file"), name);
          const reference = `${server.host}/${name}:1`;
          const digest = await builder.build({ context, base, reference });
          expect(await ociRegistry().digest(reference)).toBe(digest);
          return `${server.host}/${name}@${digest}`;
        };
        const base = await build("base", "FROM scratch\nCOPY file /base\n");
        const above = await build(
          "above",
          "ARG BASE_IMAGE\nFROM $BASE_IMAGE\nUSER 185\nCOPY file /above\n",
          base,
        );
        const config = await runProcess({ file: program, args: ["config", "--insecure", above] });
        expect(JSON.parse(config.stdout.toString()).config.User).toBe("185");
        const exported = await runProcess({ file: program, args: ["export", "--insecure", above, "-"] });
        const listing = await runProcess({ file: "tar", args: ["-tf", "-"], stdin: exported.stdout });
        expect(listing.stdout.toString().trim().split("\n").sort()).toEqual(["above", "base"]);
        const broken = build("broken", "FROM scratch\nCOPY not-there /\n");
        await expect(broken).rejects.toThrow(/broken:1 cannot be built: .*not-there/s);
      } finally {
        await builder.close();
        await server.stop();
      }
      const left = await runProcess({ file: "ls", args: [folder] });
      expect(left.stdout.toString()).not.toContain("wavehouse-images");
    },
  );
});
