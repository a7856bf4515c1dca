import { DAY, dayOf, HOUR, instantText, MINUTE, type Micros, SECOND, shopClockText } from "./calendar.ts";
import type { Catalogue } from "./catalogue.ts";
import { money, type Row } from "./copy-text.ts";
import { type Customers, LATE } from "./customers.ts";
import type { Draw } from "./draw.ts";
import { CARRIERS, type Place, REASONS } from "./names.ts";
import { clamp, type ShopPlan, STREAM } from "./plan.ts";

/** Something that happens to an order, and when the database knows of it. */
interface Event {
  at: Micros;
  committed: Micros;
}

interface Line {
  product: number;
  quantity: number;
  price: number;
  discount: number;
  /** What is taken off later, when the order is corrected. */
  laterDiscount: number;
  refund: number;
}

/** The whole life of an order, known from its number. */
export interface Order {
  id: number;
  customer: number | undefined;
  place: Place;
  carrier: number;
  lines: Line[];
  placed: Event;
  paid: Event | undefined;
  cancelled: Event | undefined;
  shipped: Event | undefined;
  delivered: Event | undefined;
  returned: Event | undefined;
  refunded: Event | undefined;
  corrected: Event | undefined;
  /** A payment that failed came before the one that did not. */
  secondTry: boolean;
  method: string;
  note: string | null;
  channel: string;
  reason: string;
  fee: number;
  cost: number;
}

/** Days after which nothing happens to an order any more. */
export const LIFETIME = 60;

/** Orders and what belongs to them, at any moment. */
export class Orders {
  readonly #plan: ShopPlan;
  readonly #catalogue: Catalogue;
  readonly #customers: Customers;

  constructor(plan: ShopPlan, catalogue: Catalogue, customers: Customers) {
    this.#plan = plan;
    this.#catalogue = catalogue;
    this.#customers = customers;
  }

  /** @returns the life of an order placed on a day */
  order(id: number, day: number): Order {
    const random = this.#plan.draw(STREAM.order, id);
    const placed = placedOn(id, day, random);
    const buyer = this.#customers.buyer(random.unit(), placed.at);
    const carrier = random.whole(0, CARRIERS.length - 1);
    const lines = this.#lines(id, day, random);
    const events = eventsAfter(id, placed, CARRIERS[carrier]?.[1] ?? 3, random);
    const isReturned = events.returned !== undefined;
    const refunded = isReturned ? events.returned : random.chance(0.02) ? events.delivered : undefined;
    for (const [at, line] of lines.entries()) {
      const paid = line.quantity * line.price - line.discount - line.laterDiscount;
      if (refunded !== undefined && (isReturned || at === 0))
        line.refund = isReturned ? paid : Math.floor(paid / 3);
    }
    const guest = random.chance(0.03);
    return {
      id,
      customer: guest ? undefined : buyer.id,
      place: buyer.place,
      carrier,
      lines,
      placed,
      ...events,
      refunded,
      corrected: random.chance(0.01) ? at(placed.at + random.whole(12, 40) * DAY + 17 * MINUTE) : undefined,
      secondTry: random.chance(0.05),
      method: random.pick(["card", "paypal", "transfer"]),
      note: random.chance(0.05)
        ? random.pick(["leave at\tthe door", "שלום, תודה", "C:\\gate 4\nring twice", "🎁"])
        : null,
      channel: random.pick(["web", "app", "store"]),
      reason: random.pick(REASONS),
      fee: random.chance(0.3) ? 0 : 299 + random.whole(0, 4) * 100,
      cost: 180 + random.whole(0, 900),
    };
  }

  #lines(id: number, day: number, random: Draw): Line[] {
    const count = 1 + Math.floor(random.unit() ** 1.6 * 5);
    const there = this.#catalogue.productsOn(day);
    return Array.from({ length: count }, (_, at): Line => {
      const product = Math.floor(random.unit() ** 1.5 * there);
      const price = this.#catalogue.price(product, day);
      // A line of none is a mistake of the shop's, and stays one.
      const quantity = at === 0 && id % 197 === 13 ? 0 : 1 + Math.floor(random.unit() ** 4 * 5);
      const whole = price * quantity;
      const discount = random.chance(0.15) ? Math.floor((whole * random.whole(1, 4)) / 20) : 0;
      return {
        product,
        quantity,
        price,
        discount,
        laterDiscount: at === 0 ? Math.floor(whole / 10) : 0,
        refund: 0,
      };
    });
  }
}

/** @returns everything that happens to an order, in no order */
export function eventsOf(order: Order): Event[] {
  const { placed, paid, cancelled, shipped, delivered, returned, refunded, corrected } = order;
  return [placed, paid, cancelled, shipped, delivered, returned, refunded, corrected].filter(
    (event) => event !== undefined,
  );
}

/** @returns the order's row as it is before `until`; `undefined` before it is there */
export function orderRow(
  order: Order,
  until: Micros,
  hasChannel: boolean,
  channelFrom: Micros,
): Row | undefined {
  if (!isKnown(order.placed, until)) return undefined;
  const known = eventsOf(order).filter((event) => isKnown(event, until));
  const row: Row = [
    order.id + 1,
    order.customer === undefined ? null : order.customer + 1,
    statusOf(order, until),
    order.place.country === "ES" && order.id % 9 === 4 ? "es" : order.place.country,
    money(order.fee),
    order.note,
    shopClockText(order.placed.at),
    instantText(Math.max(...known.map((event) => event.at))),
  ];
  return hasChannel ? [...row, order.placed.committed >= channelFrom ? order.channel : null] : row;
}

export function itemRows(order: Order, until: Micros): Row[] {
  if (!isKnown(order.placed, until)) return [];
  const corrected = known(order.corrected, until);
  return order.lines.map((line, at): Row => {
    const isCorrected = corrected !== undefined && at === 0;
    return [
      order.id + 1,
      at + 1,
      line.product + 1,
      line.quantity,
      money(line.price),
      money(line.discount + (isCorrected ? line.laterDiscount : 0)),
      instantText(order.placed.at),
      instantText(isCorrected ? corrected.at : order.placed.at),
    ];
  });
}

export function paymentRows(order: Order, until: Micros, payer: { email: string; name: string }): Row[] {
  const paid = known(order.paid, until);
  if (paid === undefined) return [];
  const total = order.lines.reduce(
    (sum, line) => sum + line.quantity * line.price - line.discount,
    order.fee,
  );
  const isCard = order.method === "card";
  const ended = known(order.cancelled, until) ?? known(order.returned, until);
  const status = known(order.cancelled, until) ? "voided" : ended ? "refunded" : "captured";
  const row = (attempt: number, state: string, changed: Micros): Row => [
    (order.id + 1) * 4 + attempt,
    order.id + 1,
    order.method,
    state,
    money(total),
    order.customer === undefined ? null : payer.email,
    isCard && order.customer !== undefined ? payer.name : null,
    isCard ? String(1000 + ((order.id * 37) % 9000)) : null,
    instantText(paid.at - (attempt === 0 ? 40 * SECOND : 0)),
    instantText(changed),
  ];
  const captured = row(1, status, Math.max(paid.at, ended?.at ?? 0));
  return order.secondTry ? [row(0, "failed", paid.at), captured] : [captured];
}

export function refundRows(order: Order, until: Micros): Row[] {
  const refunded = known(order.refunded, until);
  if (refunded === undefined) return [];
  return order.lines.flatMap(({ refund }, at): Row[] => {
    if (refund <= 0) return [];
    return [
      [(order.id + 1) * 16 + at, order.id + 1, at + 1, money(refund), order.reason, instantText(refunded.at)],
    ];
  });
}

export function shipmentRow(order: Order, until: Micros, grams: number): Row | undefined {
  const shipped = known(order.shipped, until);
  if (shipped === undefined) return undefined;
  const delivered = known(order.delivered, until);
  const returned = known(order.returned, until);
  const promise = (CARRIERS[order.carrier]?.[1] ?? 3) + (order.place.region === "overseas" ? 4 : 1);
  const text = (event: Event | undefined) => (event === undefined ? null : instantText(event.at));
  return [
    order.id + 1,
    order.id + 1,
    order.carrier + 1,
    order.place.region,
    money(order.cost + Math.round(grams / 20)),
    (grams / 1000).toFixed(3),
    instantText(shipped.at + promise * DAY),
    instantText(shipped.at),
    text(delivered),
    text(returned),
    instantText(Math.max(shipped.at, delivered?.at ?? 0, returned?.at ?? 0)),
  ];
}

/** What an order does to the stock: goods leave when it is paid, and come back when it is cancelled or returned. */
export function stockEvents(order: Order): { event: Event; kind: string; sign: 1 | -1 }[] {
  const { paid, cancelled, returned } = order;
  if (paid === undefined) return [];
  return [
    { event: paid, kind: "sale", sign: -1 as const },
    ...(cancelled === undefined ? [] : [{ event: cancelled, kind: "cancellation", sign: 1 as const }]),
    ...(returned === undefined ? [] : [{ event: returned, kind: "return", sign: 1 as const }]),
  ];
}

/** Some orders are written after midnight though they were placed before: the next day's script has them. */
function placedOn(id: number, day: number, random: Draw): Event {
  if (id % 53 === 11) return { at: (day + 1) * DAY - LATE, committed: (day + 1) * DAY + MINUTE };
  // The rest of the night belongs to those that are late; most people buy by day.
  const share = random.unit() * 0.6 + random.unit() * 0.4;
  return at(day * DAY + Math.floor(share * (DAY - 12 * MINUTE)));
}

function eventsAfter(id: number, placed: Event, days: number, random: Draw) {
  const isLate = id % 41 === 3 && placed.committed === placed.at;
  const midnight = (dayOf(placed.at) + 1) * DAY;
  const pays = at(placed.committed + random.whole(60, 3_600) * SECOND);
  const late = { at: midnight - LATE, committed: midnight + 2 * MINUTE };
  const paid = random.chance(0.97) ? (isLate ? late : pays) : undefined;
  const from = (paid ?? pays).committed;
  const cancelled = random.chance(0.04) ? at(from + random.whole(10, 600) * MINUTE) : undefined;
  const shipped =
    paid !== undefined && cancelled === undefined ? at(from + random.whole(700, 4_000) * MINUTE) : undefined;
  const wait = Math.floor((days * (0.5 + random.unit() + (random.chance(0.08) ? 2 : 0)) + 0.2) * DAY);
  const delivered = shipped !== undefined && random.chance(0.985) ? at(shipped.at + wait) : undefined;
  const isReturned = random.chance(0.06);
  const returned =
    delivered !== undefined && isReturned ? at(delivered.at + random.whole(48, 360) * HOUR) : undefined;
  return { paid, cancelled, shipped, delivered, returned };
}

function statusOf(order: Order, until: Micros): string {
  if (known(order.cancelled, until)) return "cancelled";
  if (known(order.returned, until)) return "returned";
  if (known(order.delivered, until)) return "delivered";
  if (known(order.shipped, until)) return "shipped";
  return known(order.paid, until) ? "paid" : "new";
}

function at(moment: Micros): Event {
  return { at: moment, committed: moment };
}

function isKnown(event: Event, until: Micros): boolean {
  return event.committed < until;
}

function known(event: Event | undefined, until: Micros): Event | undefined {
  return event !== undefined && isKnown(event, until) ? event : undefined;
}

/** @returns what the goods of an order weigh, at least 50 grams */
export function gramsOf(order: Order, catalogue: Catalogue): number {
  const grams = order.lines.reduce(
    (sum, line) => sum + line.quantity * (catalogue.products[line.product]?.weightGrams ?? 0),
    0,
  );
  return clamp(grams, 50, 100_000);
}
