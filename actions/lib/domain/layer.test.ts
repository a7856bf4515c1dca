import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { gunzipSync, crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { extract, type Header } from "tar-stream";
import { describe, expect, test } from "vitest";
import { crc32 } from "./crc32.ts";
import { buildLayer, buildTar, type LayerFile } from "./layer.ts";

const file = (path: string, content: string | Uint8Array = "", executable = false): LayerFile => ({
  path,
  bytes: typeof content === "string" ? Buffer.from(content) : content,
  executable,
});

/** Reads a tar with a library that we did not write. */
async function unpack(tar: Uint8Array): Promise<{ header: Header; content: string }[]> {
  const entries: { header: Header; content: string }[] = [];
  const reader = Readable.from([Buffer.from(tar)]).pipe(extract());
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
    entries.push({ header: entry.header, content: Buffer.concat(chunks).toString("latin1") });
  }
  return entries;
}

const golden = [
  file("opt/wavehouse/pipeline/pipeline.yaml", "kind: Pipeline\n"),
  file("opt/wavehouse/runtime/wavehouse/run.sh", "#!/bin/sh\n", true),
  file("opt/wavehouse/pipeline/gold/żółw.sql", "select 1\n"),
  file(`opt/${"long/".repeat(40)}name.sql`, "select 2\n"),
  file("opt/big.bin", Buffer.alloc(200_000, 7)),
];

describe("buildLayer", () => {
  test("gives this very digest on every machine", () => {
    const layer = buildLayer(golden);
    expect(createHash("sha256").update(layer).digest("hex")).toBe(
      "9d4df099f26b87a6fe145414339a49ec32f7aba05ddc65eb2e98ff1ea9bf273a",
    );
  });

  test("does not mind the order of the files", () => {
    expect(Buffer.compare(buildLayer([...golden].reverse()), buildLayer(golden))).toBe(0);
  });

  test("is gzip that unpacks to the tar, without a time or a platform in it", () => {
    const layer = buildLayer(golden);
    expect([...layer.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    expect(Buffer.compare(gunzipSync(layer), buildTar(golden))).toBe(0);
  });

  test.each([0, 1, 0xffff, 0x10000, 0x1ffff])("frames %i bytes that gunzip takes back", (size) => {
    const files = size === 0 ? [] : [file("a", Buffer.alloc(size, 1))];
    expect(Buffer.compare(gunzipSync(buildLayer(files)), buildTar(files))).toBe(0);
  });
});

describe("buildTar", () => {
  test("holds folders before what lies in them, at time 0, owned by root, with plain modes", async () => {
    const entries = await unpack(buildTar(golden));
    expect(entries.map(({ header }) => header.name)).toEqual(
      [...entries.map(({ header }) => header.name)].sort(),
    );
    for (const { header } of entries) {
      expect(header).toMatchObject({ uid: 0, gid: 0, uname: "", gname: "", mtime: new Date(0) });
    }
    const shown = entries.map(({ header }) => [header.name, header.type, header.mode?.toString(8)]);
    expect(shown).toContainEqual(["opt/wavehouse/", "directory", "755"]);
    expect(shown).toContainEqual(["opt/wavehouse/pipeline/pipeline.yaml", "file", "644"]);
    expect(shown).toContainEqual(["opt/wavehouse/runtime/wavehouse/run.sh", "file", "755"]);
    expect(shown).toContainEqual(["opt/wavehouse/pipeline/gold/żółw.sql", "file", "644"]);
  });

  test("is read by the tar of this machine", () => {
    const listing = execFileSync("tar", ["-tf", "-"], {
      input: buildTar(golden),
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    }).toString();
    for (const { path } of golden.filter(({ path }) => /^[ -~]*$/.test(path)))
      expect(listing).toContain(`${path}\n`);
  });

  test("refuses a path that is there twice", () => {
    expect(() => buildTar([file("a"), file("a")])).toThrow("a is in the layer twice");
  });

  test("takes every name and content as it is", async () => {
    const part = fc.stringMatching(/^[a-zäß*"' .-]{1,60}$/).filter((name) => name !== "." && name !== "..");
    const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => `root/${parts.join("/")}.x`);
    const files = fc.uniqueArray(fc.record({ path, bytes: fc.uint8Array(), executable: fc.boolean() }), {
      selector: ({ path }) => path,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(files, async (wanted) => {
        const found = (await unpack(buildTar(wanted))).filter(({ header }) => header.type === "file");
        const shape = found.map(({ header, content }) => [header.name, content, header.mode === 0o755]);
        const expected = wanted.map(({ path, bytes, executable }) => [
          path,
          Buffer.from(bytes).toString("latin1"),
          executable,
        ]);
        expect(shape.sort()).toEqual(expected.sort());
      }),
      { numRuns: 100 },
    );
  });
});

test("crc32 is gzip's", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibCrc32(bytes)));
});
