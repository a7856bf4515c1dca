import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dayText, parseDay, shopOffset } from "./calendar.ts";
import { generateShop } from "./generate.ts";
import type { ShopOptions } from "./plan.ts";
import { TABLES } from "./tables.ts";
import { applyScript, type Database, emptyDatabase } from "./testing/read-scripts.ts";

const START = parseDay("2024-02-10") ?? 0;
const anyShop: fc.Arbitrary<ShopOptions> = fc
  .record({
    seed: fc.nat(2 ** 31 - 1),
    orders: fc.integer({ min: 1, max: 400 }),
    days: fc.integer({ min: 2, max: 80 }),
    start: fc.integer({ min: START - 400, max: START + 400 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ share, days, ...rest }) => ({ ...rest, days, played: 1 + Math.floor(share * (days - 2)) }));

test("the same options give the same bytes, and another seed gives others", () => {
  fc.assert(
    fc.property(anyShop, (options) => {
      expect(digest(options)).toBe(digest(options));
      expect(digest({ ...options, seed: options.seed ^ 1 })).not.toBe(digest(options));
    }),
    { numRuns: 8 },
  );
});

test("every row has its own key, refers to rows that are there, and has its table's columns, on every day", () => {
  fc.assert(
    fc.property(anyShop, (options) => {
      const shop = generateShop(options);
      const database = emptyDatabase();
      applyScript(database, shop.load());
      requireIntegrity(database);
      for (const { pieces } of shop.days()) applyScript(database, pieces);
      requireIntegrity(database);
      expect(database.get("orders")?.size).toBeGreaterThan(0);
    }),
    { numRuns: 12 },
  );
});

test("playing days forward ends where a full load of all of them does", () => {
  const options = { seed: 7, orders: 600, days: 60, start: START };
  const late = generateShop({ ...options, played: 1 });
  const early = generateShop({ ...options, played: 25 });
  const states = [late, early].map((shop) => {
    const database = emptyDatabase();
    applyScript(database, shop.load());
    for (const { pieces } of shop.days()) applyScript(database, pieces);
    return database;
  });
  const [whole, played] = states as [Database, Database];
  // What follows from the catalogue's day and the column's differs: they are set by the first played day.
  for (const name of [
    "order_items",
    "refunds",
    "payments",
    "shipments",
    "inventory_movements",
    "customers",
  ]) {
    expect(played.get(name), name).toEqual(whole.get(name));
  }
});

test("money adds up: no line is refunded more than was paid for it, and discounts stay below prices", () => {
  const database = emptyDatabase();
  const shop = generateShop({ seed: 3, orders: 800, days: 90, played: 30, start: START });
  applyScript(database, shop.load());
  for (const { pieces } of shop.days()) applyScript(database, pieces);
  const refunded = new Map<string, number>();
  for (const row of database.get("refunds")?.values() ?? []) {
    const key = `${row.order_id}/${row.line}`;
    refunded.set(key, (refunded.get(key) ?? 0) + Number(row.amount));
  }
  expect(refunded.size).toBeGreaterThan(10);
  for (const [key, row] of database.get("order_items") ?? []) {
    const paid = Number(row.unit_price) * Number(row.quantity) - Number(row.discount);
    expect(paid).toBeGreaterThanOrEqual(0);
    expect(refunded.get(key) ?? 0).toBeLessThanOrEqual(paid + 1e-9);
  }
});

test("what the shop is made for is in it", () => {
  const database = emptyDatabase();
  const shop = generateShop({ seed: 1, orders: 2_000, days: 60, played: 30, start: START });
  const loaded = [...shop.load()].join("");
  applyScript(database, [loaded]);
  const days = [...shop.days()].map(({ name, pieces }) => ({ name, text: [...pieces].join("") }));
  for (const { text } of days) applyScript(database, [text]);
  const texts = (table: string, column: string) =>
    [...(database.get(table)?.values() ?? [])].map((row) => row[column]);
  expect(new Set(texts("orders", "status"))).toEqual(
    new Set(["new", "paid", "shipped", "delivered", "returned", "cancelled"]),
  );
  expect(texts("orders", "customer_id")).toContain(null);
  expect(texts("addresses", "updated_at")).toContain(null);
  expect(texts("customers", "deleted_at").some((at) => at !== null)).toBe(true);
  expect(texts("products", "deleted_at").some((at) => at !== null)).toBe(true);
  expect(texts("customers", "country")).toContain("N/A");
  expect(texts("order_items", "quantity")).toContain("0");
  expect(texts("customers", "full_name").join()).toMatch(/[\u0590-\u05ff].*[\u0600-\u06ff]/s);
  expect(texts("customers", "full_name").join()).toContain("🦊");
  expect(texts("customers", "birth_date")).toContain("1988-02-29");
  expect(texts("orders", "placed_at").some((at) => at?.startsWith("2024-02-29"))).toBe(true);
  expect(days.filter(({ text }) => text.includes("ADD COLUMN channel")).map(({ name }) => name)).toEqual([
    `day-${dayText(shop.plan.columnDay)}.sql`,
  ]);
  expect(days.map(({ text }) => text).join("")).toMatch(
    /DELETE FROM shop.addresses .*DELETE FROM shop.suppliers/s,
  );
  expect(texts("orders", "channel")).toEqual(expect.arrayContaining([null, "web", "app", "store"]));
});

test("the shop's clock is Madrid's, on every hour of three years", () => {
  const clock = new Intl.DateTimeFormat("en", { timeZone: "Europe/Madrid", timeZoneName: "longOffset" });
  const from = Date.UTC(2023, 0, 1);
  for (let at = from; at < Date.UTC(2026, 0, 1); at += 3_600_000) {
    const zone = clock.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value;
    if (zone !== `GMT+0${shopOffset(at * 1000) / 3_600_000_000}:00`) expect.fail(new Date(at).toISOString());
  }
});

function digest(options: ShopOptions): string {
  const shop = generateShop(options);
  const hash = createHash("sha256");
  for (const piece of shop.load()) hash.update(piece);
  for (const { pieces } of shop.days()) for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

function requireIntegrity(database: Database): void {
  for (const { name, columns, references } of TABLES) {
    const rows = database.get(name) ?? new Map();
    for (const [key, row] of rows) {
      for (const [column, type] of columns) {
        if (row[column] === undefined) expect.fail(`${name} ${key} has no ${column}`);
        if (type.endsWith("NOT NULL") && row[column] === null)
          expect.fail(`${name} ${key}: ${column} is null`);
      }
      for (const [column, other] of Object.entries(references)) {
        const value = row[column];
        if (value !== null && !database.get(other)?.has(value ?? "")) {
          expect.fail(`${name} ${key}: ${column} ${value} is not in ${other}`);
        }
      }
    }
  }
}
