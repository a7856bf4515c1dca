-- The marts, made by PostgreSQL: the same definitions in another dialect, written another way where there is one.
CREATE SCHEMA gold;

CREATE VIEW gold.sales_daily AS
WITH lines AS (
  SELECT
    o.order_day,
    coalesce(
      (
        SELECT c.name
        FROM silver.products AS p
        JOIN silver.categories AS c USING (category_id)
        WHERE p.product_id = i.product_id
        ORDER BY p.valid_from DESC
        LIMIT 1
      ),
      'unknown'
    ) AS category,
    coalesce(o.shipping_country, 'unknown') AS country,
    i.order_id,
    i.amount AS ordered,
    i.amount - i.discount - coalesce(
      (SELECT sum(r.amount) FROM silver.refunds AS r WHERE (r.order_id, r.line) = (i.order_id, i.line)), 0
    ) AS kept,
    o.is_cancelled
  FROM silver.order_items AS i
  JOIN silver.orders AS o USING (order_id)
)

SELECT
  order_day,
  category,
  country,
  sum(ordered)::numeric(18, 2) AS gmv,
  count(DISTINCT order_id) AS orders,
  (sum(ordered) / count(DISTINCT order_id))::numeric(14, 2) AS aov,
  coalesce(sum(kept) FILTER (WHERE NOT is_cancelled), 0)::numeric(18, 2) AS net_revenue
FROM lines
GROUP BY order_day, category, country;

CREATE VIEW gold.customer_360 AS
WITH bought AS (
  SELECT
    o.customer_id,
    o.order_day,
    date_trunc('month', o.order_day)::date AS month,
    coalesce((SELECT sum(i.amount - i.discount) FROM silver.order_items AS i WHERE i.order_id = o.order_id), 0)
    - coalesce((SELECT sum(r.amount) FROM silver.refunds AS r WHERE r.order_id = o.order_id), 0) AS kept
  FROM silver.orders AS o
  WHERE o.customer_id IS NOT NULL AND o.status <> 'cancelled'
),

totals AS (
  SELECT
    c.customer_id,
    c.country,
    c.segment,
    (
      SELECT a.region
      FROM silver.addresses AS a
      WHERE a.customer_id = c.customer_id AND a.kind = 'home' AND NOT a.is_deleted
      ORDER BY a.address_id DESC
      LIMIT 1
    ) AS region,
    count(b.order_day)::int AS orders,
    min(b.order_day) AS first_day,
    max(b.order_day) AS last_day,
    array_agg(DISTINCT b.month) AS months,
    coalesce(sum(b.kept), 0)::numeric(18, 2) AS ltv,
    (SELECT max(order_day) FROM silver.orders) AS today
  FROM silver.customers AS c
  LEFT JOIN bought AS b USING (customer_id)
  WHERE c.is_current
  GROUP BY c.customer_id, c.country, c.segment
),

aged AS (
  SELECT
    *,
    today - last_day AS idle,
    last_day - first_day AS active,
    date_trunc('month', first_day)::date AS cohort
  FROM totals
)

SELECT
  customer_id,
  country,
  segment,
  region,
  orders,
  first_day AS first_order_day,
  last_day AS last_order_day,
  idle AS days_since_last_order,
  ltv,
  cohort AS cohort_month,
  CASE WHEN today >= cohort + interval '1 month' THEN (cohort + interval '1 month')::date = ANY (months) END AS retained_m1,
  CASE WHEN today >= cohort + interval '2 month' THEN (cohort + interval '2 month')::date = ANY (months) END AS retained_m2,
  CASE WHEN today >= cohort + interval '3 month' THEN (cohort + interval '3 month')::date = ANY (months) END AS retained_m3,
  CASE
    WHEN orders = 0 THEN 'none'
    WHEN idle > CASE WHEN active = 0 THEN 90 ELSE 3.0 * active / (orders - 1) END THEN 'high'
    WHEN idle > CASE WHEN active = 0 THEN 45 ELSE 1.5 * active / (orders - 1) END THEN 'medium'
    ELSE 'low'
  END AS churn_risk,
  CASE
    WHEN orders = 0 THEN 'prospect'
    WHEN idle > 45 THEN CASE WHEN orders >= 3 OR ltv >= 1000 THEN 'at risk' ELSE 'lost' END
    WHEN idle <= 14 AND orders >= 8 AND ltv >= 250 THEN 'champion'
    WHEN orders >= 3 THEN 'loyal'
    WHEN idle <= 14 AND orders = 1 THEN 'new'
    ELSE 'occasional'
  END AS rfm_segment
FROM aged;

CREATE VIEW gold.inventory_daily AS
WITH moved AS (
  SELECT
    product_id,
    moved_day AS day,
    sum(quantity) AS quantity,
    coalesce(-sum(quantity) FILTER (WHERE kind = 'sale'), 0) AS sold,
    coalesce(sum(quantity) FILTER (WHERE kind IN ('initial', 'restock')), 0) AS received
  FROM silver.inventory_movements
  GROUP BY product_id, moved_day
),

stock AS (
  SELECT
    c.product_id,
    c.day::date AS day,
    coalesce(m.sold, 0) AS sold,
    coalesce(m.received, 0) AS received,
    sum(coalesce(m.quantity, 0)) OVER (PARTITION BY c.product_id ORDER BY c.day) AS on_hand
  FROM (
    SELECT product_id, generate_series(min(day), (SELECT max(day) FROM moved), '1 day') AS day
    FROM moved
    GROUP BY product_id
  ) AS c
  LEFT JOIN moved AS m ON m.product_id = c.product_id AND m.day = c.day
),

paced AS (
  SELECT
    *,
    lag(on_hand, 1, 1::numeric) OVER (PARTITION BY product_id ORDER BY day) AS before,
    avg(sold) OVER thirty AS sold_a_day,
    sum(sold) OVER thirty AS sold_30d,
    sum(greatest(on_hand, 0)) OVER thirty AS on_hand_30d,
    count(*) OVER thirty AS days
  FROM stock
  WINDOW thirty AS (PARTITION BY product_id ORDER BY day ROWS 29 PRECEDING)
)

SELECT
  day,
  product_id,
  on_hand::bigint AS on_hand,
  sold::bigint AS sold,
  received::bigint AS received,
  (sold_30d * days / nullif(on_hand_30d, 0))::numeric(14, 4) AS turnover_30d,
  (on_hand <= 0 AND before > 0)::int AS out_of_stock,
  (greatest(on_hand, 0) * days / nullif(sold_30d, 0))::numeric(14, 2) AS days_on_hand
FROM paced;

CREATE VIEW gold.logistics AS
SELECT
  c.name AS carrier,
  s.region,
  count(*) AS shipments,
  count(*) FILTER (WHERE s.delivered_at IS NOT NULL) AS delivered,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY s.delivery_minutes) AS delivery_minutes_median,
  percentile_disc(0.9) WITHIN GROUP (ORDER BY s.delivery_minutes) AS delivery_minutes_p90,
  (sum(CASE WHEN s.delivered_at <= s.promised_at THEN 1.0 ELSE 0 END) / nullif(count(s.delivered_at), 0))::numeric(7, 4)
    AS on_time_rate,
  (count(s.returned_at)::numeric / nullif(count(s.delivered_at), 0))::numeric(7, 4) AS return_rate,
  (sum(s.cost) / count(DISTINCT s.order_id))::numeric(14, 2) AS cost_per_order,
  (sum(s.cost) / nullif(sum(s.weight_kg), 0))::numeric(14, 4) AS cost_per_kg
FROM silver.shipments AS s
JOIN silver.carriers AS c USING (carrier_id)
GROUP BY c.name, s.region;
