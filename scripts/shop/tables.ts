/** A table of the shop's database. */
export interface ShopTable {
  name: string;
  /** Name and type of each column, in order. */
  columns: readonly (readonly [name: string, type: string])[];
  key: readonly string[];
  /** The table that a column refers to, by its key. */
  references: Readonly<Record<string, string>>;
  /** Columns that an incremental read, or one of the shop's own screens, looks rows up by. */
  indexes: readonly string[];
}

export const SCHEMA = "shop";

/** The column that orders are given on one day of the shop's life. */
export const LATER_COLUMN = { table: "orders", name: "channel", type: "text" } as const;

/** The tables, each after those that it refers to. */
export const TABLES = [
  table("categories", ["category_id"], {
    category_id: "int",
    parent_id: "int",
    name: "text NOT NULL",
    updated_at: "timestamptz NOT NULL",
  }),
  table("suppliers", ["supplier_id"], {
    supplier_id: "int",
    name: "text NOT NULL",
    country: "text",
    contact_name: "text",
    contact_email: "text",
    lead_time_days: "int",
    updated_at: "timestamptz NOT NULL",
  }),
  table("carriers", ["carrier_id"], {
    carrier_id: "int",
    name: "text NOT NULL",
    tracking_url: "text",
    is_active: "boolean NOT NULL",
    updated_at: "timestamptz NOT NULL",
  }),
  table(
    "products",
    ["product_id"],
    {
      product_id: "bigint",
      sku: "text NOT NULL",
      name: "text NOT NULL",
      category_id: "int NOT NULL",
      supplier_id: "int NOT NULL",
      unit_price: "numeric(12,2) NOT NULL",
      unit_cost: "numeric(12,2)",
      weight_kg: "numeric(8,3)",
      created_at: "timestamptz NOT NULL",
      updated_at: "timestamptz NOT NULL",
      deleted_at: "timestamptz",
    },
    { category_id: "categories", supplier_id: "suppliers" },
    ["updated_at"],
  ),
  table(
    "customers",
    ["customer_id"],
    {
      customer_id: "bigint",
      email: "text",
      full_name: "text",
      phone: "text",
      birth_date: "date",
      country: "text",
      segment: "text",
      marketing_consent: "boolean",
      created_at: "timestamptz NOT NULL",
      updated_at: "timestamptz NOT NULL",
      deleted_at: "timestamptz",
    },
    {},
    ["updated_at"],
  ),
  table(
    "addresses",
    ["address_id"],
    {
      address_id: "bigint",
      customer_id: "bigint NOT NULL",
      kind: "text NOT NULL",
      line1: "text",
      city: "text",
      postal_code: "text",
      country: "text",
      region: "text",
      // Null where nobody touched the row since the shop moved to this database.
      updated_at: "timestamptz",
    },
    { customer_id: "customers" },
    ["updated_at"],
  ),
  table(
    "orders",
    ["order_id"],
    {
      order_id: "bigint",
      // Null where a guest ordered.
      customer_id: "bigint",
      status: "text NOT NULL",
      shipping_country: "text",
      shipping_fee: "numeric(12,2) NOT NULL",
      note: "text",
      // What the clock in the shop showed: Europe/Madrid, without saying so.
      placed_at: "timestamp NOT NULL",
      updated_at: "timestamptz NOT NULL",
    },
    { customer_id: "customers" },
    ["updated_at"],
  ),
  table(
    "order_items",
    ["order_id", "line"],
    {
      order_id: "bigint",
      line: "int",
      product_id: "bigint NOT NULL",
      quantity: "int NOT NULL",
      unit_price: "numeric(12,2) NOT NULL",
      discount: "numeric(12,2) NOT NULL",
      created_at: "timestamptz NOT NULL",
      updated_at: "timestamptz NOT NULL",
    },
    { order_id: "orders", product_id: "products" },
    ["updated_at"],
  ),
  table(
    "payments",
    ["payment_id"],
    {
      payment_id: "bigint",
      order_id: "bigint NOT NULL",
      method: "text NOT NULL",
      status: "text NOT NULL",
      amount: "numeric(12,2) NOT NULL",
      payer_email: "text",
      card_holder: "text",
      card_last_four: "text",
      created_at: "timestamptz NOT NULL",
      updated_at: "timestamptz NOT NULL",
    },
    { order_id: "orders" },
    ["updated_at"],
  ),
  table(
    "refunds",
    ["refund_id"],
    {
      refund_id: "bigint",
      order_id: "bigint NOT NULL",
      line: "int NOT NULL",
      amount: "numeric(12,2) NOT NULL",
      reason: "text",
      created_at: "timestamptz NOT NULL",
    },
    { order_id: "orders" },
    ["created_at"],
  ),
  table(
    "inventory_movements",
    ["movement_id"],
    {
      movement_id: "bigint",
      product_id: "bigint NOT NULL",
      kind: "text NOT NULL",
      quantity: "int NOT NULL",
      moved_at: "timestamptz NOT NULL",
    },
    { product_id: "products" },
    ["moved_at"],
  ),
  table(
    "shipments",
    ["shipment_id"],
    {
      shipment_id: "bigint",
      order_id: "bigint NOT NULL",
      carrier_id: "int NOT NULL",
      region: "text",
      cost: "numeric(12,2)",
      weight_kg: "numeric(10,3)",
      promised_at: "timestamptz",
      shipped_at: "timestamptz",
      delivered_at: "timestamptz",
      returned_at: "timestamptz",
      updated_at: "timestamptz NOT NULL",
    },
    { order_id: "orders", carrier_id: "carriers" },
    ["updated_at"],
  ),
] as const satisfies readonly ShopTable[];

function table<Name extends string>(
  name: Name,
  key: readonly string[],
  columns: Readonly<Record<string, string>>,
  references: Readonly<Record<string, string>> = {},
  indexes: readonly string[] = [],
): ShopTable & { name: Name } {
  return { name, key, columns: Object.entries(columns), references, indexes };
}

/** Name of a table of the shop. */
export type TableName = (typeof TABLES)[number]["name"];

/** @returns the table of that name */
export function shopTable(name: TableName): ShopTable {
  const found = TABLES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the shop has no table ${name}`);
  return found;
}
