import { DAY, type Day, type Micros } from "./calendar.ts";
import { Draw } from "./draw.ts";

/** What shop to make. The same options give the same bytes. */
export interface ShopOptions {
  seed: number;
  /** Orders over all days. */
  orders: number;
  /** Days of the shop's life. */
  days: number;
  /** How many of them, the last ones, are played day by day; the days before are in the first full load. */
  played: number;
  start: Day;
}

/** Streams of drawn numbers, one a kind of row. */
export const STREAM = { product: 1, price: 2, customer: 3, address: 4, order: 5, supplier: 6, restock: 7 };

/** What follows from the options: how many of everything there are, and when. */
export class ShopPlan {
  readonly options: ShopOptions;
  readonly products: number;
  readonly suppliers: number;
  readonly customers: number;
  /** First day that is played; the full load holds all days before it. */
  readonly firstPlayed: Day;
  /** Day on which orders are given the column `channel`. */
  readonly columnDay: Day;
  /** Day on which a category is renamed and some products move to another one. */
  readonly catalogueDay: Day;
  /** Number of the first order of each day, and one more at the end. */
  readonly #firstOrder: Uint32Array;

  constructor(options: ShopOptions) {
    this.options = options;
    this.products = clamp(Math.round(options.orders / 40), 24, 5_000);
    this.suppliers = clamp(Math.round(this.products / 12), 6, 200);
    this.customers = Math.max(20, Math.round(options.orders / 5));
    this.firstPlayed = options.start + options.days - options.played;
    this.columnDay = this.firstPlayed + Math.floor(options.played / 3);
    this.catalogueDay = this.firstPlayed + Math.floor(options.played / 2);
    this.#firstOrder = spread(options);
  }

  get end(): Day {
    return this.options.start + this.options.days;
  }

  /** The moment up to which the full load knows the shop. */
  get loaded(): Micros {
    return this.firstPlayed * DAY;
  }

  /** @returns the numbers of a day's orders, from the first to before the second */
  ordersOf(day: Day): readonly [number, number] {
    const at = day - this.options.start;
    return [this.#firstOrder[at] ?? 0, this.#firstOrder[at + 1] ?? 0];
  }

  /** @returns the share of all orders that were placed before a day, 0 to 1 */
  shareBefore(day: Day): number {
    const at = clamp(day - this.options.start, 0, this.options.days);
    return (this.#firstOrder[at] ?? 0) / Math.max(1, this.options.orders);
  }

  /** @returns how many customers there are at the start of a day: a third were there before the shop's first */
  customersOn(day: Day): number {
    return Math.max(10, Math.floor(this.customers * (0.35 + 0.65 * this.shareBefore(day))));
  }

  draw(stream: number, index: number): Draw {
    return new Draw(this.options.seed, stream, index);
  }
}

/** Orders by day: a week has a rhythm, the shop grows by half, and chance has a say. */
function spread({ seed, orders, days, start }: ShopOptions): Uint32Array {
  const weekday = [1.1, 0.8, 0.85, 0.9, 0.95, 1.2, 1.3];
  const weights = Array.from({ length: days }, (_, at) => {
    const growth = 1 + at / (2 * days);
    const chance = 0.85 + 0.3 * new Draw(seed, 0, at).unit();
    return growth * chance * (weekday[(start + at + 4) % 7] ?? 1);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const first = new Uint32Array(days + 1);
  let sum = 0;
  for (const [at, weight] of weights.entries()) {
    sum += weight;
    first[at + 1] = Math.round((orders * sum) / total);
  }
  first[days] = orders;
  return first;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
