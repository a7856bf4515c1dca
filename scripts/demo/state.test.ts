import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimStore, type DemoFolders, demoFolders, readLastRun, writeLastRun } from "./state.ts";

describe("what the demo keeps", () => {
  let cache: string;
  let folders: DemoFolders;
  const run = { commit: "c1", partition: "2026-01-02", runId: "r1" };

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "wavehouse-state-"));
    folders = demoFolders(cache, "/somewhere/checkout");
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  it("gives another clone folders of its own", () => {
    expect(demoFolders(cache, "/elsewhere/checkout").root).not.toBe(folders.root);
  });

  it("remembers the last finished run, and takes a torn file for none", () => {
    expect(readLastRun(folders)).toBeUndefined();
    writeLastRun(folders, run);
    expect(readLastRun(folders)).toEqual(run);
    writeFileSync(join(folders.root, "last-run.json"), '{"commit": "c');
    expect(readLastRun(folders)).toBeUndefined();
  });

  it("empties the store and forgets the run when other records are to be read", () => {
    claimStore(folders, "sample");
    mkdirSync(folders.store, { recursive: true });
    writeLastRun(folders, run);
    claimStore(folders, "sample");
    expect([existsSync(folders.store), readLastRun(folders)]).toEqual([true, run]);
    claimStore(folders, "another");
    expect([existsSync(folders.store), readLastRun(folders)]).toEqual([false, undefined]);
  });
});
