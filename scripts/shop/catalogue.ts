import { DAY, type Day, HOUR, instantText, MINUTE, type Micros } from "./calendar.ts";
import { money, type Row } from "./copy-text.ts";
import { ADJECTIVES, CARRIERS, CATEGORIES, PLACES, THINGS } from "./names.ts";
import { clamp, type ShopPlan, STREAM } from "./plan.ts";

/** What does not change of a product. */
export interface Product {
  id: number;
  weightGrams: number;
  supplier: number;
  leadDays: number;
}

/** The shop's catalogue at any moment: categories, suppliers, carriers and products. */
export class Catalogue {
  readonly #plan: ShopPlan;
  readonly products: readonly Product[];

  constructor(plan: ShopPlan) {
    this.#plan = plan;
    this.products = Array.from({ length: plan.products }, (_, id) => this.#product(id));
  }

  /**
   * @param until the moment up to which is known what happened
   * @param since rows that changed before it are left out
   */
  categories(until: Micros, since: Micros): Row[] {
    const renamed = this.#plan.catalogueDay * DAY + 9 * HOUR;
    const first = this.#plan.options.start * DAY - 400 * DAY;
    return CATEGORIES.flatMap(([name, parent], at): Row[] => {
      const isRenamed = at === 3 && until > renamed;
      const changed = isRenamed ? renamed : first;
      if (changed < since) return [];
      return [
        [
          at + 1,
          parent === null ? null : parent + 1,
          isRenamed ? "Games & Toys" : name,
          instantText(changed),
        ],
      ];
    });
  }

  /** The last supplier has no products: it is there from the start and leaves in the middle of the played days. */
  suppliers(until: Micros, since: Micros): Row[] {
    const { suppliers } = this.#plan;
    const rows: Row[] = [];
    for (let id = 1; id <= suppliers; id += 1) {
      if (id === suppliers && until > this.supplierLeaves) continue;
      const random = this.#plan.draw(STREAM.supplier, id);
      const place = random.pick(PLACES);
      const created = (this.#plan.options.start - random.whole(10, 300)) * DAY + 8 * HOUR;
      if (created < since) continue;
      const contact = `${random.pick(place.given)} ${random.pick(place.family)}`;
      rows.push([
        id,
        `${random.pick(place.family)} & ${random.pick(place.cities)} Nº ${id}`,
        random.chance(0.1) ? place.country.toLowerCase() : place.country,
        contact,
        random.chance(0.1) ? null : `supplier.${id}@contact.example`,
        leadDays(id),
        instantText(created),
      ]);
    }
    return rows;
  }

  /** When the supplier without products is deleted, for good. */
  get supplierLeaves(): Micros {
    return this.#plan.catalogueDay * DAY + 10 * HOUR;
  }

  carriers(until: Micros, since: Micros): Row[] {
    const retired = (this.#plan.catalogueDay + 1) * DAY + 7 * HOUR;
    const first = this.#plan.options.start * DAY - 400 * DAY;
    return CARRIERS.flatMap(([name], at): Row[] => {
      const isRetired = at === CARRIERS.length - 1 && until > retired;
      const changed = isRetired ? retired : first;
      if (changed < since) return [];
      return [[at + 1, name, `https://track.example/${at + 1}?parcel=%s`, !isRetired, instantText(changed)]];
    });
  }

  /** Products that changed from `since` to before `until`, as they then were. */
  productRows(until: Micros, since: Micros): Row[] {
    return this.products.flatMap(({ id }): Row[] => {
      const deleted = this.#deleted(id);
      // Nothing happens to a product any more once it is deleted.
      const last = deleted === undefined ? until : Math.min(until, deleted + 1);
      const changed = this.#changed(id, last);
      return changed === undefined || changed < since ? [] : [this.#row(id, last, changed)];
    });
  }

  /** How many products there are at the start of a day: the last tenth come while the days are played. */
  productsOn(day: Day): number {
    const { products, end, options } = this.#plan;
    const old = Math.floor(products * 0.9);
    return old + Math.floor(clamp((day - options.start) / (end - options.start), 0, 1) * (products - old));
  }

  /** The price of a product on a day, in cents. A new one holds from 03:00 of its day, for all of them at once. */
  price(id: number, day: Day): number {
    const random = this.#plan.draw(STREAM.price, id);
    const base = 300 + Math.floor(random.unit() ** 3 * 40_000);
    const changes = this.#priceChanges(id, day);
    return Math.max(99, Math.round(base * (1 + 0.08 * Math.sin(id + changes * 1.7))));
  }

  /** When a product came to the shop. */
  created(id: number): Micros {
    const { products, end, options } = this.#plan;
    const old = Math.floor(products * 0.9);
    const random = this.#plan.draw(STREAM.product, id);
    if (id < old) return (options.start - random.whole(1, 300)) * DAY + random.whole(0, 86_399) * 1_000_000;
    // So that productsOn counts it from the day after.
    const share = (id - old + 1) / (products - old);
    return (options.start + Math.ceil(share * (end - options.start)) - 1) * DAY + 2 * HOUR;
  }

  #product(id: number): Product {
    const random = this.#plan.draw(STREAM.product, id + 1_000_000);
    const supplier = 1 + (id % (this.#plan.suppliers - 1));
    return {
      id,
      weightGrams: 50 + Math.floor(random.unit() ** 2 * 9_000),
      supplier,
      leadDays: leadDays(supplier),
    };
  }

  #priceChanges(id: number, day: Day): number {
    const period = 15 + (id % 23);
    return Math.max(0, Math.floor((day - this.#plan.options.start + (id % period)) / period));
  }

  /** The last change of a product before a moment; `undefined` before it came. */
  #changed(id: number, until: Micros): Micros | undefined {
    const created = this.created(id);
    if (created >= until) return undefined;
    const day = Math.floor((until - 1) / DAY);
    let changed = created;
    for (let back = day; back * DAY > created && back > day - 40; back -= 1) {
      const at = back * DAY + 3 * HOUR;
      if (at < until && this.#priceChanges(id, back) !== this.#priceChanges(id, back - 1)) {
        changed = Math.max(changed, at);
        break;
      }
    }
    for (const at of [this.#moves(id), this.#deleted(id)]) {
      if (at !== undefined && at < until && at > changed) changed = at;
    }
    return changed;
  }

  /** Some products move to another category, all at the same moment. */
  #moves(id: number): Micros | undefined {
    return id % 29 === 5 ? this.#plan.catalogueDay * DAY + 9 * HOUR + 30 * MINUTE : undefined;
  }

  #deleted(id: number): Micros | undefined {
    return id % 31 === 11 ? (this.#plan.catalogueDay + 2) * DAY + 18 * HOUR : undefined;
  }

  #row(id: number, until: Micros, changed: Micros): Row {
    const random = this.#plan.draw(STREAM.product, id);
    random.unit();
    random.unit();
    const category = id % CATEGORIES.length;
    const moves = this.#moves(id);
    const deleted = this.#deleted(id);
    const name = `${random.pick(ADJECTIVES)} ${random.pick(THINGS[category] ?? THINGS[0])}`;
    const price = this.price(id, Math.floor((until - 1) / DAY));
    const isGone = deleted !== undefined && deleted < until;
    return [
      id + 1,
      `SKU-${String(id + 1).padStart(6, "0")}`,
      // A no-break space, and spaces around: text is not always clean.
      random.chance(0.1) ? `  ${name}\u00a0` : name,
      1 + (moves !== undefined && moves < until ? (category + 1) % CATEGORIES.length : category),
      this.products[id]?.supplier ?? 1,
      money(price),
      random.chance(0.05) ? null : money(Math.round(price * 0.6)),
      ((this.products[id]?.weightGrams ?? 0) / 1000).toFixed(3),
      instantText(this.created(id)),
      instantText(changed),
      isGone ? instantText(deleted) : null,
    ];
  }
}

function leadDays(supplier: number): number {
  return 2 + ((supplier * 7) % 11);
}
