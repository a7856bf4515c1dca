import { DAY, type Day, dayText, HOUR, instantText, MINUTE, type Micros } from "./calendar.ts";
import type { Row } from "./copy-text.ts";
import { PLACES, type Place, SEGMENTS } from "./names.ts";
import { type ShopPlan, STREAM } from "./plan.ts";

/** What happens to a customer; `undefined` where it never does. */
interface Life {
  created: Micros;
  home: Place;
  segment: number;
  moved: Micros | undefined;
  secondHome: Place;
  upgraded: Micros | undefined;
  newPhone: Micros | undefined;
  deleted: Micros | undefined;
}

/** Days between the move of a customer and the deletion of an address that no order was ever sent to. */
const SPARE_DAYS = 3;

/** Customers and their addresses at any moment. */
export class Customers {
  readonly #plan: ShopPlan;

  constructor(plan: ShopPlan) {
    this.#plan = plan;
  }

  /** Customers that changed from `since` to before `until`, as they then were. */
  *rows(until: Micros, since: Micros): Generator<Row> {
    for (let id = 0; id < this.#count(until); id += 1) {
      const life = this.#life(id);
      if (life.created >= until) continue;
      const changed = last(until, life.created, life.moved, life.upgraded, life.newPhone, life.deleted);
      if (changed >= since) yield this.#row(id, life, until, changed);
    }
  }

  /** Addresses that changed from `since` to before `until`, as they then were. */
  *addresses(until: Micros, since: Micros): Generator<Row> {
    for (let id = 0; id < this.#count(until); id += 1) {
      const life = this.#life(id);
      if (life.created >= until) continue;
      const changed = last(until, life.created, life.moved);
      if (changed >= since) yield this.#address(id, life, until, changed);
      const spareGone = spareDeleted(life);
      if (hasSpare(id) && life.created >= since && !(spareGone !== undefined && spareGone < until)) {
        yield this.#spare(id, life);
      }
    }
  }

  /** Keys of the addresses that are deleted from `since` to before `until`. */
  *deletedAddresses(until: Micros, since: Micros): Generator<number> {
    for (let id = 0; id < this.#count(until); id += 1) {
      if (!hasSpare(id)) continue;
      const gone = spareDeleted(this.#life(id));
      if (gone !== undefined && gone >= since && gone < until) yield (id + 1) * 2 + 1;
    }
  }

  /**
   * Who places an order, and where it goes.
   *
   * @param pick 0 to 1; low numbers are the shop's best customers
   * @param at when
   */
  buyer(pick: number, at: Micros): { id: number; place: Place } {
    const there = this.#plan.customersOn(Math.floor(at / DAY));
    let id = Math.floor(pick ** 1.7 * there);
    for (let tries = 0; tries < 5; tries += 1) {
      const life = this.#life(id);
      if (life.created < at && (life.deleted === undefined || life.deleted > at))
        return { id, place: placeAt(life, at) };
      id = (id * 7 + 3) % there;
    }
    return { id: 0, place: placeAt(this.#life(0), at) };
  }

  /** @returns the address that a customer writes from, as an order's payer gives it */
  email(id: number): string {
    const random = this.#plan.draw(STREAM.customer, id);
    const name = random.pick(["ana", "li", "noa", "max", "zoe", "omar"]);
    const host = random.pick(["mail.example", "post.example", "correo.example"]);
    return `${name}.${id + 1}@${host}`;
  }

  fullName(id: number, place: Place): string {
    const random = this.#plan.draw(STREAM.customer, id + 10_000_000);
    return `${random.pick(place.given)} ${random.pick(place.family)}`;
  }

  #count(until: Micros): number {
    // Those of the day under way are counted at the start of the next one.
    return Math.min(this.#plan.customers, this.#plan.customersOn(Math.floor((until - 1) / DAY) + 1));
  }

  #life(id: number): Life {
    const random = this.#plan.draw(STREAM.customer, id + 20_000_000);
    const { options, end } = this.#plan;
    const created = this.#created(id, random.unit());
    const from = Math.max(created / DAY, options.start) + 1;
    const some = (share: number, first: number): Micros | undefined => {
      const at = (first + random.unit() * Math.max(1, end - first)) * DAY;
      return random.chance(share) && id > 0 ? Math.floor(at) : undefined;
    };
    const deleted = some(0.03, from + SPARE_DAYS);
    const whileThere = (at: Micros | undefined) =>
      at !== undefined && deleted !== undefined && at >= deleted ? undefined : at;
    return {
      created,
      home: PLACES[Math.floor(random.unit() ** 2 * PLACES.length)] ?? PLACES[0],
      segment: random.chance(0.2) ? 2 : 0,
      moved: whileThere(some(0.06, from)),
      secondHome: random.pick(PLACES),
      upgraded: whileThere(some(0.1, from)),
      newPhone: whileThere(some(0.08, from)),
      deleted,
    };
  }

  /** The first third long ago; the others on the day on which the plan counts them for the first time. */
  #created(id: number, pick: number): Micros {
    const { options, end } = this.#plan;
    if (id < this.#plan.customersOn(options.start))
      return (options.start - 1) * DAY - Math.floor(pick * 700 * DAY);
    let low: Day = options.start;
    let high: Day = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#plan.customersOn(middle) > id) high = middle;
      else low = middle + 1;
    }
    return (low - 1) * DAY + Math.floor(pick * 0.99 * DAY);
  }

  #row(id: number, life: Life, until: Micros, changed: Micros): Row {
    const random = this.#plan.draw(STREAM.customer, id + 30_000_000);
    const place = placeAt(life, until);
    const isGone = before(life.deleted, until);
    const born = random.whole(-16_000, 12_000);
    const country = id % 37 === 7 ? "N/A" : random.chance(0.1) ? place.country.toLowerCase() : place.country;
    const phone = phoneText(before(life.newPhone, until) ? id + 500_000 : id, place.dial, random.whole(0, 3));
    const email = this.email(id);
    return [
      id + 1,
      isGone || random.chance(0.02) ? null : random.chance(0.2) ? ` ${email.toUpperCase()}` : email,
      isGone ? null : this.fullName(id, life.home),
      isGone || random.chance(0.05) ? null : phone,
      isGone || random.chance(0.1) ? null : id % 41 === 3 ? "1988-02-29" : dayText(born),
      country,
      SEGMENTS[before(life.upgraded, until) ? 1 : life.segment] ?? null,
      random.chance(0.3) ? null : random.chance(0.5),
      instantText(life.created),
      instantText(changed),
      isGone && life.deleted !== undefined ? instantText(life.deleted) : null,
    ];
  }

  #address(id: number, life: Life, until: Micros, changed: Micros): Row {
    // Rows from before the shop moved to this database carry no time of change until they are changed.
    const isOld = changed < this.#plan.options.start * DAY && id % 3 === 0;
    return this.#addressRow(id, 0, "home", placeAt(life, until), isOld ? null : instantText(changed));
  }

  #spare(id: number, life: Life): Row {
    return this.#addressRow(id, 1, "other", life.secondHome, instantText(life.created));
  }

  #addressRow(id: number, which: number, kind: string, place: Place, updated: string | null): Row {
    const random = this.#plan.draw(STREAM.address, id * 2 + which + place.dial.length * 50_000_000);
    return [
      (id + 1) * 2 + which,
      id + 1,
      kind,
      `${random.whole(1, 240)} Calle ${random.pick(place.family)}, ${id + 1}º`,
      random.pick(place.cities),
      String(random.whole(10_000, 99_999)),
      place.country,
      place.region,
      updated,
    ];
  }
}

function hasSpare(id: number): boolean {
  return id % 4 === 1;
}

function spareDeleted({ moved }: Life): Micros | undefined {
  return moved === undefined ? undefined : moved + SPARE_DAYS * DAY + HOUR;
}

function placeAt(life: Life, at: Micros): Place {
  return before(life.moved, at) ? life.secondHome : life.home;
}

function before(at: Micros | undefined, until: Micros): boolean {
  return at !== undefined && at < until;
}

function last(until: Micros, first: Micros, ...others: readonly (Micros | undefined)[]): Micros {
  return others.reduce<Micros>(
    (found, at) => (at !== undefined && at < until && at > found ? at : found),
    first,
  );
}

/** The same number is written in many ways. */
function phoneText(id: number, dial: string, way: number): string {
  const digits = String(600_000_000 + ((id * 7_919) % 99_999_989));
  const groups = digits.replace(/(\d{3})(\d{3})(\d{3})/, way === 3 ? "$1-$2-$3" : "$1 $2 $3");
  if (way === 0) return `+${dial}${digits}`;
  if (way === 1) return `00${dial} ${groups}`;
  if (way === 2) return `+${dial} ${groups}`;
  return `(+${dial}) ${groups}`;
}

/** How long before midnight what is written late happened: less than the shortest `lag` of the ingest. */
export const LATE = 5 * MINUTE;
