-- The silver tables, made by PostgreSQL from the shop's own tables and from the versions that runs have seen.
CREATE SCHEMA silver;

-- Unicode's white space goes at both ends; nothing that is left is null.
CREATE FUNCTION silver.clean(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT nullif(btrim(value, U&' \0009\000A\000B\000C\000D\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000\FEFF'), '')
$$;

CREATE FUNCTION silver.hash(value text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(
    expected.hmac(convert_to(silver.clean(value), 'UTF8'), convert_to(current_setting('shop.pii_key'), 'UTF8'), 'sha256'),
    'hex'
  )
$$;

CREATE FUNCTION silver.keep_last(value text, kept int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN length(value) <= kept THEN repeat('*', length(value))
    ELSE repeat('*', length(value) - kept) || right(value, kept)
  END
$$;

CREATE FUNCTION silver.keep_first(value text, kept int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN length(value) <= kept THEN repeat('*', length(value))
    ELSE left(value, kept) || repeat('*', length(value) - kept)
  END
$$;

CREATE FUNCTION silver.phone(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT nullif(regexp_replace(regexp_replace(value, '[^0-9+]', '', 'g'), '^00', '+'), '')
$$;

CREATE VIEW silver.categories AS
SELECT
  (line ->> 'category_id')::int AS category_id,
  (line ->> 'parent_id')::int AS parent_id,
  silver.clean(line ->> 'name') AS name,
  (line ->> 'updated_at')::timestamptz AS updated_at,
  is_gone AS is_deleted
FROM expected.newest
WHERE source = 'categories';

CREATE VIEW silver.suppliers AS
SELECT
  (line ->> 'supplier_id')::int AS supplier_id,
  silver.clean(line ->> 'name') AS name,
  upper(silver.clean(line ->> 'country')) AS country,
  silver.hash(lower(line ->> 'contact_email')) AS contact_email,
  (line ->> 'lead_time_days')::int AS lead_time_days,
  (line ->> 'updated_at')::timestamptz AS updated_at,
  is_gone AS is_deleted
FROM expected.newest
WHERE source = 'suppliers';

CREATE VIEW silver.carriers AS
SELECT
  (line ->> 'carrier_id')::int AS carrier_id,
  silver.clean(line ->> 'name') AS name,
  silver.clean(line ->> 'tracking_url') AS tracking_url,
  (line ->> 'is_active')::boolean AS is_active,
  (line ->> 'updated_at')::timestamptz AS updated_at,
  is_gone AS is_deleted
FROM expected.newest
WHERE source = 'carriers';

CREATE VIEW silver.addresses AS
SELECT
  (line ->> 'address_id')::bigint AS address_id,
  silver.hash(line ->> 'customer_id') AS customer_id,
  lower(silver.clean(line ->> 'kind')) AS kind,
  silver.clean(line ->> 'city') AS city,
  silver.keep_first(silver.clean(line ->> 'postal_code'), 2) AS postal_code,
  upper(silver.clean(line ->> 'country')) AS country,
  lower(silver.clean(line ->> 'region')) AS region,
  (line ->> 'updated_at')::timestamptz AS updated_at,
  is_gone AS is_deleted
FROM expected.newest
WHERE source = 'addresses';

CREATE VIEW silver.orders AS
SELECT
  order_id,
  silver.hash(customer_id::text) AS customer_id,
  lower(silver.clean(status)) AS status,
  upper(silver.clean(shipping_country)) AS shipping_country,
  shipping_fee,
  placed_at AT TIME ZONE 'Europe/Madrid' AS placed_at,
  updated_at,
  placed_at::date AS order_day,
  status = 'cancelled' AS is_cancelled,
  to_jsonb(orders) ->> 'channel' AS channel
FROM shop.orders;

CREATE VIEW silver.order_items AS
SELECT
  order_id,
  line,
  product_id,
  quantity,
  unit_price,
  discount,
  created_at,
  updated_at,
  (quantity * unit_price)::numeric(14, 2) AS amount
FROM shop.order_items
WHERE quantity > 0;

CREATE VIEW silver.payments AS
SELECT
  payment_id,
  order_id,
  lower(silver.clean(method)) AS method,
  lower(silver.clean(status)) AS status,
  amount,
  silver.hash(lower(payer_email)) AS payer_email,
  created_at,
  updated_at
FROM shop.payments;

CREATE VIEW silver.refunds AS
SELECT
  refund_id,
  order_id,
  line,
  amount,
  lower(silver.clean(reason)) AS reason,
  created_at
FROM shop.refunds;

CREATE VIEW silver.inventory_movements AS
SELECT
  movement_id,
  product_id,
  lower(silver.clean(kind)) AS kind,
  quantity,
  moved_at,
  (moved_at AT TIME ZONE 'Europe/Madrid')::date AS moved_day
FROM shop.inventory_movements;

CREATE VIEW silver.shipments AS
SELECT
  shipment_id,
  order_id,
  carrier_id,
  lower(silver.clean(region)) AS region,
  cost,
  weight_kg,
  promised_at,
  shipped_at,
  delivered_at,
  returned_at,
  updated_at,
  floor(extract(epoch FROM delivered_at - shipped_at) / 60)::bigint AS delivery_minutes
FROM shop.shipments;

CREATE VIEW silver.product_versions AS
SELECT
  (line ->> 'product_id')::bigint AS product_id,
  upper(silver.clean(line ->> 'sku')) AS sku,
  silver.clean(line ->> 'name') AS name,
  (line ->> 'category_id')::int AS category_id,
  (line ->> 'supplier_id')::int AS supplier_id,
  (line ->> 'unit_price')::numeric(12, 2) AS unit_price,
  (line ->> 'unit_cost')::numeric(12, 2) AS unit_cost,
  (line ->> 'weight_kg')::numeric(8, 3) AS weight_kg,
  (line ->> 'created_at')::timestamptz AS created_at,
  (line ->> 'updated_at')::timestamptz AS updated_at,
  (line ->> 'deleted_at')::timestamptz AS deleted_at
FROM expected.versions
WHERE source = 'products';

CREATE VIEW silver.customer_versions AS
SELECT
  silver.hash(line ->> 'customer_id') AS customer_id,
  silver.hash(lower(line ->> 'email')) AS email,
  silver.keep_last(silver.phone(line ->> 'phone'), 3) AS phone,
  date_trunc('year', (line ->> 'birth_date')::date)::date AS birth_date,
  upper(silver.clean(line ->> 'country')) AS country,
  lower(silver.clean(line ->> 'segment')) AS segment,
  (line ->> 'marketing_consent')::boolean AS marketing_consent,
  (line ->> 'created_at')::timestamptz AS created_at,
  (line ->> 'updated_at')::timestamptz AS updated_at,
  (line ->> 'deleted_at')::timestamptz AS deleted_at
FROM expected.versions
WHERE source = 'customers' AND length(silver.clean(line ->> 'country')) = 2;

-- Versions that follow each other with the same price are one row: the values of the last, valid from the first. The
-- version that deletes closes the row before it; the price that it came with is not what held.
CREATE VIEW silver.products AS
WITH compared AS (
  SELECT
    *,
    deleted_at IS NULL
    AND unit_price IS NOT DISTINCT FROM lag(unit_price) OVER versions
    AND lag(updated_at) OVER versions IS NOT NULL
    OR deleted_at IS NOT NULL AND lag(updated_at) OVER versions IS NOT NULL AS continues
  FROM silver.product_versions
  WINDOW versions AS (PARTITION BY product_id ORDER BY updated_at)
),

numbered AS (
  SELECT
    *,
    count(*) FILTER (WHERE NOT continues) OVER (PARTITION BY product_id ORDER BY updated_at) AS period
  FROM compared
),

periods AS (
  SELECT DISTINCT ON (product_id, period)
    numbered.*,
    first_value(unit_price) OVER held AS held_unit_price,
    min(updated_at) OVER (PARTITION BY product_id, period) AS valid_from
  FROM numbered
  WINDOW held AS (PARTITION BY product_id, period ORDER BY deleted_at IS NOT NULL, updated_at DESC)
  ORDER BY product_id, period, updated_at DESC
)

SELECT
  product_id,
  sku,
  name,
  category_id,
  supplier_id,
  held_unit_price AS unit_price,
  unit_cost,
  weight_kg,
  created_at,
  updated_at,
  deleted_at,
  deleted_at IS NOT NULL AS is_deleted,
  valid_from,
  coalesce(lead(valid_from) OVER following, CASE WHEN deleted_at IS NOT NULL THEN updated_at END) AS valid_to,
  lead(valid_from) OVER following IS NULL AND deleted_at IS NULL AS is_current
FROM periods
WINDOW following AS (PARTITION BY product_id ORDER BY valid_from);

CREATE VIEW silver.customers AS
WITH compared AS (
  SELECT
    *,
    deleted_at IS NULL
    AND (country, segment) IS NOT DISTINCT FROM (lag(country) OVER versions, lag(segment) OVER versions)
    AND lag(updated_at) OVER versions IS NOT NULL
    OR deleted_at IS NOT NULL AND lag(updated_at) OVER versions IS NOT NULL AS continues
  FROM silver.customer_versions
  WINDOW versions AS (PARTITION BY customer_id ORDER BY updated_at)
),

numbered AS (
  SELECT
    *,
    count(*) FILTER (WHERE NOT continues) OVER (PARTITION BY customer_id ORDER BY updated_at) AS period
  FROM compared
),

periods AS (
  SELECT DISTINCT ON (customer_id, period)
    numbered.*,
    first_value(country) OVER held AS held_country,
    first_value(segment) OVER held AS held_segment,
    min(updated_at) OVER (PARTITION BY customer_id, period) AS valid_from
  FROM numbered
  WINDOW held AS (PARTITION BY customer_id, period ORDER BY deleted_at IS NOT NULL, updated_at DESC)
  ORDER BY customer_id, period, updated_at DESC
)

SELECT
  customer_id,
  email,
  phone,
  birth_date,
  held_country AS country,
  held_segment AS segment,
  marketing_consent,
  created_at,
  updated_at,
  deleted_at,
  deleted_at IS NOT NULL AS is_deleted,
  valid_from,
  coalesce(lead(valid_from) OVER following, CASE WHEN deleted_at IS NOT NULL THEN updated_at END) AS valid_to,
  lead(valid_from) OVER following IS NULL AND deleted_at IS NULL AS is_current
FROM periods
WINDOW following AS (PARTITION BY customer_id ORDER BY valid_from);
