import { DAY, type Day, dayText, type Micros } from "./calendar.ts";
import { Catalogue } from "./catalogue.ts";
import type { Row } from "./copy-text.ts";
import { Customers } from "./customers.ts";
import {
  eventsOf,
  gramsOf,
  itemRows,
  type Order,
  Orders,
  orderRow,
  paymentRows,
  refundRows,
  shipmentRow,
} from "./orders.ts";
import { type ShopOptions, ShopPlan } from "./plan.ts";
import { Stock } from "./stock.ts";
import type { TableName } from "./tables.ts";
import { addLaterColumn, copyRows, createSchema, deleteRows, finishLoad, takeRows } from "./write-sql.ts";

/** Rows of one COPY: enough for its cost not to matter, few enough to hold. */
const CHUNK = 2_000;

/** A shop in a PostgreSQL database, as scripts for `psql`, each in pieces that can be written one after the other. */
export interface ShopScripts {
  /** Makes the tables and fills them with all that happened before the first played day. */
  load: () => Generator<string>;
  /** The days that are played, in turn, each as one transaction. The full load must have been made before. */
  days: () => Generator<{ day: Day; name: string; pieces: Generator<string> }>;
  plan: ShopPlan;
}

/**
 * Makes a shop. Its scripts are made piece by piece; what is held of them is a few days' orders and a few numbers a
 * product, however many orders there are.
 *
 * @param options the same options give the same scripts, byte for byte
 */
export function generateShop(options: ShopOptions): ShopScripts {
  const shop = new Shop(new ShopPlan(options));
  return { plan: shop.plan, load: () => shop.load(), days: () => shop.days() };
}

class Shop {
  readonly plan: ShopPlan;
  readonly #catalogue: Catalogue;
  readonly #customers: Customers;
  readonly #orders: Orders;
  readonly #stock: Stock;
  /** Orders to which something happens that the database learns of on a day: day of the order and number. */
  readonly #touched = new Map<Day, Map<number, Day>>();

  constructor(plan: ShopPlan) {
    this.plan = plan;
    this.#catalogue = new Catalogue(plan);
    this.#customers = new Customers(plan);
    this.#orders = new Orders(plan, this.#catalogue, this.#customers);
    this.#stock = new Stock(plan, this.#catalogue);
  }

  *load(): Generator<string> {
    const until = this.plan.loaded;
    yield createSchema();
    yield* this.#rest(until, Number.NEGATIVE_INFINITY, copyRows);
    for (let day = this.plan.options.start; day < this.plan.firstPlayed; day += 1) {
      const orders = this.#placed(day);
      for (let from = 0; from < orders.length; from += CHUNK) {
        yield* this.#orderTables(orders.slice(from, from + CHUNK), until, copyRows);
      }
      yield* chunks("inventory_movements", this.#stock.play(day), copyRows);
      this.#touched.delete(day);
    }
    yield finishLoad();
  }

  *days(): Generator<{ day: Day; name: string; pieces: Generator<string> }> {
    for (let day = this.plan.firstPlayed; day < this.plan.end; day += 1) {
      yield { day, name: `day-${dayText(day)}.sql`, pieces: this.#day(day) };
    }
  }

  *#day(day: Day): Generator<string> {
    const since = day * DAY;
    const until = since + DAY;
    yield `-- What happened on ${dayText(day)}.\n\\set ON_ERROR_STOP on\nBEGIN;\n`;
    const hasChannel = day >= this.plan.columnDay;
    if (day === this.plan.columnDay) yield addLaterColumn();
    yield* this.#rest(until, since, takeRows);
    this.#placed(day);
    const touched = [...(this.#touched.get(day) ?? [])].sort(([a], [b]) => a - b);
    this.#touched.delete(day);
    for (let from = 0; from < touched.length; from += CHUNK) {
      const orders = touched.slice(from, from + CHUNK).map(([id, placed]) => this.#orders.order(id, placed));
      yield* this.#orderTables(orders, until, takeRows, hasChannel);
    }
    yield* chunks("inventory_movements", this.#stock.play(day), takeRows);
    yield* this.#deleted(until, since);
    yield "COMMIT;\n";
  }

  /** The tables that no order is needed for. */
  *#rest(until: Micros, since: Micros, write: WriteRows): Generator<string> {
    yield* chunks("categories", this.#catalogue.categories(until, since), write);
    yield* chunks("suppliers", this.#catalogue.suppliers(until, since), write);
    yield* chunks("carriers", this.#catalogue.carriers(until, since), write);
    yield* chunks("products", this.#catalogue.productRows(until, since), write);
    yield* chunks("customers", this.#customers.rows(until, since), write);
    yield* chunks("addresses", this.#customers.addresses(until, since), write);
  }

  *#deleted(until: Micros, since: Micros): Generator<string> {
    yield deleteRows("addresses", [...this.#customers.deletedAddresses(until, since)]);
    const leaves = this.#catalogue.supplierLeaves;
    yield deleteRows("suppliers", leaves >= since && leaves < until ? [this.plan.suppliers] : []);
  }

  /** The orders of a day; what will happen to them is noted for the days to come. */
  #placed(day: Day): Order[] {
    const [first, end] = this.plan.ordersOf(day);
    const orders: Order[] = [];
    for (let id = first; id < end; id += 1) {
      const order = this.#orders.order(id, day);
      orders.push(order);
      this.#stock.expect(order);
      for (const { committed } of eventsOf(order)) this.#note(Math.floor(committed / DAY), id, day);
    }
    return orders;
  }

  #note(day: Day, id: number, placed: Day): void {
    if (day < this.plan.firstPlayed || day >= this.plan.end) return;
    const noted = this.#touched.get(day);
    if (noted === undefined) this.#touched.set(day, new Map([[id, placed]]));
    else noted.set(id, placed);
  }

  *#orderTables(
    orders: readonly Order[],
    until: Micros,
    write: WriteRows,
    hasChannel = false,
  ): Generator<string> {
    const channelFrom = this.plan.columnDay * DAY;
    const rows = (of: (order: Order) => readonly (Row | undefined)[]) =>
      orders.flatMap(of).filter((row) => row !== undefined);
    yield write(
      "orders",
      rows((order) => [orderRow(order, until, hasChannel, channelFrom)]),
      hasChannel,
    );
    yield write(
      "order_items",
      rows((order) => itemRows(order, until)),
    );
    yield write(
      "payments",
      rows((order) => paymentRows(order, until, this.#payer(order))),
    );
    yield write(
      "refunds",
      rows((order) => refundRows(order, until)),
    );
    yield write(
      "shipments",
      rows((order) => [shipmentRow(order, until, gramsOf(order, this.#catalogue))]),
    );
  }

  #payer({ customer, place }: Order): { email: string; name: string } {
    if (customer === undefined) return { email: "", name: "" };
    return { email: this.#customers.email(customer), name: this.#customers.fullName(customer, place) };
  }
}

type WriteRows = (table: TableName, rows: readonly Row[], hasLater?: boolean) => string;

function* chunks(table: TableName, rows: Iterable<Row>, write: WriteRows): Generator<string> {
  let chunk: Row[] = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < CHUNK) continue;
    yield write(table, chunk);
    chunk = [];
  }
  yield write(table, chunk);
}
