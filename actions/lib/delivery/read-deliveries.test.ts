import { describe, expect, test } from "vitest";
import { gitHistory } from "../adapters/git-history.ts";
import { recordKey } from "../domain/delivery-record.ts";
import { deliveredRepository } from "../testing/delivered-repository.ts";
import { recordedDeliveries } from "../testing/recorded-deliveries.ts";
import { deliveredAt, findDelivery, listDeliveries } from "./read-deliveries.ts";

const id = (digits: string): string => digits.padEnd(40, "0");
const day = (of: number): string => `2026-11-${String(of).padStart(2, "0")}T12:00:00+01:00`;

describe("with a real S3 store", { timeout: 60_000 }, () => {
  test("lists the newest first, of one environment, at most as many as asked", async () => {
    const { records, record } = await recordedDeliveries();
    for (const of of [2, 1, 3]) await record(id(`abc${of}`), { time: day(of) });
    await record(id("def1"), { time: day(4), environment: "local-2" });
    const commits = async (limit: number) =>
      (await listDeliveries("local", limit, records)).map(({ commit }) => commit.slice(0, 4));
    expect(await commits(10)).toEqual(["abc3", "abc2", "abc1"]);
    expect(await commits(2)).toEqual(["abc3", "abc2"]);
    expect(await listDeliveries("nowhere", 2, records)).toEqual([]);
  });

  test("finds what ran at a time: from the delivery's own second on, until the next one", async () => {
    const { records, record } = await recordedDeliveries();
    for (const of of [1, 2, 3]) await record(id(`abc${of}`), { time: day(of) });
    const found = async (wanted: string) =>
      (await findDelivery("local", wanted, records))?.commit.slice(0, 4);
    expect(await found("2026-11-02T11:00:00Z")).toBe("abc2");
    expect(await found("2026-11-02T10:59:59Z")).toBe("abc1");
    expect(await found("2026-11-03T10:59:59Z")).toBe("abc2");
    expect(await found("2030-01-01T00:00Z")).toBe("abc3");
    expect(await found("2026-11-01T10:59Z")).toBeUndefined();
  });

  test("finds a commit by its first digits, and refuses those of two", async () => {
    const { records, record } = await recordedDeliveries();
    await record(id("abcd1"));
    await record(id("abcd2"));
    expect((await findDelivery("local", "abcd1", records))?.commit).toBe(id("abcd1"));
    expect(await findDelivery("local", "ffff", records)).toBeUndefined();
    await expect(findDelivery("local", "abcd", records)).rejects.toThrow(
      "abcd begins more than one delivered commit: abcd10000000, abcd20000000; give more digits.",
    );
    await expect(findDelivery("local", "2026-11-02T12:00", records)).rejects.toThrow(
      "is neither a time with its zone, as 2026-11-20T12:00Z, nor a commit",
    );
  });

  test.each([
    ["no JSON", "x"],
    [
      "another commit's",
      JSON.stringify({ environment: "local", commit: id("b"), time: day(1), images: [], files: [] }),
    ],
  ])("a record that is %s is not taken for one", async (_name, text) => {
    const { records, s3, record } = await recordedDeliveries();
    const { s3Records } = await import("../adapters/s3-records.ts");
    const key = recordKey(records.prefix, "local", id("abcd"));
    await s3Records(s3.options).write(key, text, "application/json");
    await record(id("abcd"));
    await expect(listDeliveries("local", 1, records)).rejects.toThrow(`${key} is in the store, and is no`);
  });

  /** Three bumps, a second apart from the beginning of 2026. */
  async function threeBumps() {
    const at = await deliveredRepository(["local"]);
    const bumps: string[] = [];
    for (const of of [1, 2, 3]) {
      await at.merge(`Change ${of}`);
      bumps.push(await at.bump("local", of));
    }
    const [first = "", second = "", third = ""] = bumps;
    const history = gitHistory({ root: at.root, identity: { name: "", email: "" } });
    const stores = await recordedDeliveries();
    const ask = (time: string, records = stores.records as typeof stores.records | undefined) =>
      deliveredAt("local", Date.parse(time), records, history);
    return { ...at, ...stores, first, second, third, ask };
  }
  const second = (of: number): string => `2026-01-01T00:00:0${of}Z`;

  test("what ran then is what its record says, though Git's times are others", async () => {
    const at = await threeBumps();
    await at.record(at.first, { time: "2025-06-01T00:00:00Z" });
    await at.record(at.second, { time: "2025-07-01T00:00:00Z" });
    expect(await at.ask("2025-06-15T00:00Z")).toEqual({
      commit: at.first,
      told: `local ran ${at.first.slice(0, 12)} since 2025-06-01T00:00:00Z, by its record.`,
    });
    expect((await at.ask("2025-08-01T00:00Z")).commit).toBe(at.second);
    // Git has the third before this time, and its record after it.
    await at.record(at.third, { time: "2030-01-01T00:00:00Z" });
    expect((await at.ask("2029-01-01T00:00Z")).commit).toBe(at.second);
    expect((await at.ask("2030-01-02T00:00Z")).commit).toBe(at.third);
  });

  test.each<[string, (at: Awaited<ReturnType<typeof threeBumps>>) => Promise<unknown>, RegExp]>([
    ["is down", (at) => at.s3.stop(), /by Git: cannot list deliveries\/local\/index\/ of http:.*\.$/],
    ["is empty", async () => {}, /by Git: the store has no record of that time\.$/],
    [
      "lacks this one",
      (at) => at.record(at.first, { time: second(0) }),
      /by Git: the store has no record of it\.$/,
    ],
    [
      "names a commit that is not on the branch",
      (at) => at.record(id("abcd"), { time: second(1) }),
      /by Git: the store names abcd00000000, which is no bump of this branch\.$/,
    ],
  ])("Git tells where the store %s, and that it does", async (_name, arrange, told) => {
    const at = await threeBumps();
    await arrange(at);
    const then = await at.ask(second(1));
    expect(then.commit).toBe(at.second);
    expect(then.told).toMatch(told);
    expect(then.told).toContain(`local ran ${at.second.slice(0, 12)} since 2026-01-01T00:00:01`);
  });

  test("before the first delivery there is nothing", async () => {
    const at = await threeBumps();
    for (const records of [undefined, at.records]) {
      await expect(at.ask("2025-12-31T23:59Z", records)).rejects.toThrow(
        `Nothing had been delivered to local at 2025-12-31T23:59:00.000Z; its first bump is ${at.first.slice(0, 12)} of`,
      );
    }
  });
});
