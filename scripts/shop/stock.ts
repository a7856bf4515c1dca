import { DAY, type Day, HOUR, instantText, type Micros } from "./calendar.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Row } from "./copy-text.ts";
import { type Order, stockEvents } from "./orders.ts";
import { type ShopPlan, STREAM } from "./plan.ts";

interface Movement {
  product: number;
  kind: string;
  quantity: number;
  at: Micros;
}

/**
 * What comes into the storehouse and goes out, day by day. The days must be played in turn: what is ordered from
 * suppliers follows from what is left.
 */
export class Stock {
  readonly #plan: ShopPlan;
  readonly #catalogue: Catalogue;
  /** Movements that are known to come, by the day on which the database learns of them. */
  readonly #ahead = new Map<Day, Movement[]>();
  readonly #onHand: Int32Array;
  readonly #isOrdered: Uint8Array;
  /** Sold a day, a moving average. */
  readonly #pace: Float64Array;
  #known = 0;
  #last = 0;

  constructor(plan: ShopPlan, catalogue: Catalogue) {
    this.#plan = plan;
    this.#catalogue = catalogue;
    this.#onHand = new Int32Array(plan.products);
    this.#isOrdered = new Uint8Array(plan.products);
    const lines = (plan.options.orders / plan.options.days) * 2.5;
    this.#pace = new Float64Array(plan.products).fill((1.3 * lines) / plan.products);
  }

  /** Takes note of what an order will do. */
  expect(order: Order): void {
    for (const { event, kind, sign } of stockEvents(order)) {
      for (const { product, quantity } of order.lines) {
        if (quantity > 0)
          this.#schedule(event.committed, { product, kind, quantity: sign * quantity, at: event.at });
      }
    }
  }

  /** @returns the movements that the database learns of on a day, in the order of their time */
  play(day: Day): Row[] {
    this.#welcome(day);
    const movements = (this.#ahead.get(day) ?? []).sort((a, b) => a.at - b.at);
    this.#ahead.delete(day);
    const sold = new Map<number, number>();
    for (const { product, kind, quantity } of movements) {
      this.#onHand[product] = (this.#onHand[product] ?? 0) + quantity;
      if (kind === "restock") this.#isOrdered[product] = 0;
      if (kind === "sale") sold.set(product, (sold.get(product) ?? 0) - quantity);
    }
    this.#reorder(day, sold);
    return movements.map(({ product, kind, quantity, at }) => {
      this.#last += 1;
      return [this.#last, product + 1, kind, quantity, instantText(at)];
    });
  }

  /** The first stock of products that are new. */
  #welcome(day: Day): void {
    const there = this.#catalogue.productsOn(day + 1);
    for (; this.#known < there; this.#known += 1) {
      const product = this.#known;
      const quantity = Math.max(3, Math.ceil((this.#pace[product] ?? 0) * 10 * this.#rank(product)));
      this.#schedule(day * DAY + 4 * HOUR, { product, kind: "initial", quantity, at: day * DAY + 4 * HOUR });
    }
  }

  #reorder(day: Day, sold: ReadonlyMap<number, number>): void {
    for (let product = 0; product < this.#known; product += 1) {
      const pace = 0.9 * (this.#pace[product] ?? 0) + 0.1 * (sold.get(product) ?? 0);
      this.#pace[product] = pace;
      const left = this.#onHand[product] ?? 0;
      if (this.#isOrdered[product] === 1 || left > pace * 6 + 1) continue;
      this.#isOrdered[product] = 1;
      const random = this.#plan.draw(STREAM.restock, product * 4_000 + (day % 4_000));
      const lead = this.#catalogue.products[product]?.leadDays ?? 3;
      const at = (day + lead) * DAY + random.whole(6 * 60, 18 * 60) * 60_000_000;
      const quantity = Math.max(4, Math.ceil(pace * (lead + 12)) - Math.min(0, left));
      this.#schedule(at, { product, kind: "restock", quantity, at });
    }
  }

  /** Products of low numbers sell more. */
  #rank(product: number): number {
    return 1.6 - product / this.#plan.products;
  }

  #schedule(committed: Micros, movement: Movement): void {
    const day = Math.floor(committed / DAY);
    const planned = this.#ahead.get(day);
    if (planned === undefined) this.#ahead.set(day, [movement]);
    else planned.push(movement);
  }
}
