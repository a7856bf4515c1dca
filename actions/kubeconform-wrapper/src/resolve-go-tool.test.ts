import { execFile } from "node:child_process";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import type { ToolOptions } from "./go-environment.ts";
import { resolveGoTool } from "./resolve-go-tool.ts";
import { program, temporaryFolder } from "./testing.ts";

const run = promisify(execFile);
let options: ToolOptions & { cacheDir: string; toolsDir: string };
let bin: string;

/** A tool of its own, built from the folder that pins it: no network, a second to build. */
beforeEach(async () => {
  const folder = await temporaryFolder();
  bin = join(folder, "bin");
  await mkdir(join(folder, "tools", "hello", "src"), { recursive: true });
  await mkdir(bin);
  const at = (...parts: string[]): string => join(folder, "tools", "hello", ...parts);
  await writeFile(
    at("go.mod"),
    "module wavehouse.dev/tools/hello\n\ngo 1.24\n\ntool example.dev/hello\n\nrequire example.dev/hello v1.2.3\n\nreplace example.dev/hello => ./src\n",
  );
  await writeFile(at("go.sum"), "");
  await writeFile(at("src", "go.mod"), "module example.dev/hello\n\ngo 1.24\n");
  await writeFile(at("src", "main.go"), 'package main\n\nfunc main() { println("hello 1.2.3") }\n');
  options = { toolsDir: join(folder, "tools"), cacheDir: join(folder, "cache"), log: () => {} };
});

const withoutGo = (): NodeJS.ProcessEnv => ({ PATH: bin });

test("builds the pinned version once; a second time it is there without any process", async () => {
  const path = await resolveGoTool("hello", options);
  expect((await run(path)).stderr).toBe("hello 1.2.3\n");
  expect(path).toContain("hello-v1.2.3-");
  const started = performance.now();
  expect(await resolveGoTool("hello", { ...options, env: { PATH: "" } })).toBe(path);
  expect(performance.now() - started).toBeLessThan(100);
});

test("two processes at once get one build, whole", async () => {
  const script = `import { resolveGoTool } from ${JSON.stringify(new URL("./resolve-go-tool.ts", import.meta.url).href)};
    console.log(await resolveGoTool("hello", ${JSON.stringify({ toolsDir: options.toolsDir, cacheDir: options.cacheDir })}));`;
  const node = (): Promise<{ stdout: string }> =>
    run(process.execPath, ["--input-type=module", "-e", script]);
  const [one, two] = await Promise.all([node(), node()]);
  expect(one.stdout).toBe(two.stdout);
  expect((await run(one.stdout.trim())).stderr).toBe("hello 1.2.3\n");
  expect(await readdir(join(options.cacheDir, "tools"))).toHaveLength(1);
});

test("a pin that changes is another build", async () => {
  const before = await resolveGoTool("hello", options);
  await writeFile(join(options.toolsDir, "hello", "go.sum"), "\n");
  expect(await resolveGoTool("hello", options)).not.toBe(before);
});

describe("a folder that pins several programs of one module", () => {
  beforeEach(async () => {
    const at = (...parts: string[]): string => join(options.toolsDir, "hello", ...parts);
    await writeFile(
      at("go.mod"),
      "module wavehouse.dev/tools/hello\n\ngo 1.24\n\n// link: main.version=v1.2.3\n\n" +
        "tool (\n\texample.dev/hello\n\texample.dev/hello/cmd/bye\n)\n\n" +
        "require example.dev/hello v1.2.3\n\nreplace example.dev/hello => ./src\n",
    );
    await mkdir(at("src", "cmd", "bye"), { recursive: true });
    await writeFile(
      at("src", "cmd", "bye", "main.go"),
      "package main\n\nvar version string\n\nfunc main() { println(version) }\n",
    );
  });

  test("builds them all at once, each under its own name, with what the linker is told", async () => {
    const bye = await resolveGoTool("hello/bye", options);
    expect((await run(bye)).stderr).toBe("v1.2.3\n");
    const withoutProcess = { ...options, env: { PATH: "" } };
    const hello = await resolveGoTool("hello/hello", withoutProcess);
    expect((await run(hello)).stderr).toBe("hello 1.2.3\n");
  });

  test("tells which there are when another is asked for", async () => {
    await expect(resolveGoTool("hello/helo", options)).rejects.toThrow("pins no helo; it pins hello, bye");
  });
});

test("files in `overlay` stand in for the module's own, and another overlay is another build", async () => {
  const tool = join(options.toolsDir, "kubeconform");
  await cp(join(import.meta.dirname, "../../../scripts/tools/kubeconform"), tool, { recursive: true });
  const built: string[] = [];
  for (const word of ["one", "another"]) {
    await mkdir(join(tool, "overlay/cmd/kubeconform"), { recursive: true });
    const source = `package main\n\nfunc main() { println("${word}") }\n`;
    await writeFile(join(tool, "overlay/cmd/kubeconform/main.go"), source);
    built.push(await resolveGoTool("kubeconform", options));
  }
  const said = await Promise.all(built.map((path) => run(path)));
  expect(said.map(({ stderr }) => stderr)).toEqual(["one\n", "another\n"]);
});

describe("without Go", () => {
  test("takes the one on PATH that is of that very version", async () => {
    const path = await program(bin, "hello", "echo hello version v1.2.3");
    expect(await resolveGoTool("hello", { ...options, env: withoutGo() })).toBe(path);
  });

  test("says what to install, and what it found", async () => {
    await program(bin, "hello", "echo 1.2.4");
    await expect(resolveGoTool("hello", { ...options, env: withoutGo() })).rejects.toThrow(
      `no Go on PATH; on PATH only ${bin}/hello (1.2.4). Install Go 1.24 or later (the tool is then built from ` +
        "its checksummed module), or put hello v1.2.3 on PATH.",
    );
  });
});

test("a build that fails leaves nothing and tells Go's words", async () => {
  await writeFile(
    join(options.toolsDir, "hello", "src", "main.go"),
    "package main\n\nfunc main() { nonsense() }\n",
  );
  await expect(resolveGoTool("hello", options)).rejects.toThrow(/undefined: nonsense/);
  expect(await readdir(join(options.cacheDir, "tools"))).toEqual([]);
});

test("a tool that is not pinned is the user's to mend", async () => {
  await expect(resolveGoTool("nothing", options)).rejects.toMatchObject({ userFault: true });
});
