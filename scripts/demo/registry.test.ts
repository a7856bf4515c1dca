import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { buildLayer } from "../../actions/lib/domain/layer.ts";
import { craneProgram } from "../../actions/lib/testing/crane-program.ts";
import { stubServer } from "../../actions/lib/testing/stub-server.ts";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { startRegistry } from "./registry.ts";

let crane: string;
beforeAll(async () => {
  crane = await craneProgram();
});

const layer = buildLayer([{ path: "opt/hello.txt", bytes: Buffer.from("hello\n"), executable: false }]);

test("a registry that starts again has what an earlier one was given, layers and all", async () => {
  const disk = join(await temporaryFolder(), "registry");
  const first = await startRegistry({ crane, port: 0, disk });
  const names = ["breweries-silver:one", "breweries-silver:two", "team/breweries-gold:one"];
  const digests = await Promise.all(
    names.map((name) =>
      ociRegistry().append({
        base: undefined,
        layer,
        reference: `${first.host}/${name}`,
      }),
    ),
  );
  const said = { repository: `${first.host}/breweries-silver`, digest: digests[0] ?? "" };
  await ociRegistry().attach(said, { type: "application/vnd.example", body: "{}", annotations: {} });
  await first.stop();

  const second = await startRegistry({ crane, port: first.port, disk });
  try {
    expect(second.host).toBe(first.host);
    const found = names.map((name) => ociRegistry().digest(`${second.host}/${name}`));
    expect(await Promise.all(found)).toEqual(digests);
    expect(await ociRegistry().attached(said, "application/vnd.example")).toHaveLength(1);
    const reference = `${second.host}/team/breweries-gold@${digests[2]}`;
    const exported = await runProcess({ file: crane, args: ["export", reference, "-"] });
    expect(exported.stdout.includes("hello\n")).toBe(true);
  } finally {
    await second.stop();
  }
});

test("a port that is taken is told, with the option that gives another", async () => {
  const stub = await stubServer((_, response) => void response.end());
  const port = Number(stub.host.split(":")[1]);
  await expect(startRegistry({ crane, port, disk: await temporaryFolder() })).rejects.toThrow(
    `port ${port}, which the registry wants, is taken; stop what uses it or give another: --registry-port N`,
  );
});
