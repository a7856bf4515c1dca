-- Stock of every product at the end of every day from its first movement to the last one of all.
WITH moved AS (
  SELECT
    movements.product_id,
    movements.moved_day AS day,
    sum(movements.quantity) AS quantity,
    sum(CASE WHEN movements.kind = 'sale' THEN -movements.quantity ELSE 0 END) AS sold,
    sum(CASE WHEN movements.kind IN ('initial', 'restock') THEN movements.quantity ELSE 0 END) AS received
  FROM silver.inventory_movements AS movements
  GROUP BY movements.product_id, movements.moved_day
),

products AS (
  SELECT
    product_id,
    min(day) AS first_day
  FROM moved
  GROUP BY product_id
),

calendar AS (
  SELECT
    products.product_id,
    explode(sequence(products.first_day, ends.last_day, INTERVAL 1 DAY)) AS day
  FROM products
  CROSS JOIN (SELECT max(day) AS last_day FROM moved) AS ends
),

stock AS (
  SELECT
    calendar.day,
    calendar.product_id,
    coalesce(moved.sold, 0) AS sold,
    coalesce(moved.received, 0) AS received,
    sum(coalesce(moved.quantity, 0)) OVER (PARTITION BY calendar.product_id ORDER BY calendar.day) AS on_hand
  FROM calendar
  LEFT JOIN moved ON calendar.product_id = moved.product_id AND calendar.day = moved.day
),

paced AS (
  SELECT
    day,
    product_id,
    on_hand,
    sold,
    received,
    lag(on_hand) OVER (PARTITION BY product_id ORDER BY day) AS on_hand_before,
    sum(sold) OVER thirty AS sold_30d,
    sum(greatest(on_hand, 0)) OVER thirty AS on_hand_30d,
    count(*) OVER thirty AS days_30d
  FROM stock
  WINDOW thirty AS (PARTITION BY product_id ORDER BY day ROWS BETWEEN 29 PRECEDING AND CURRENT ROW)
)

SELECT
  day,
  product_id,
  on_hand,
  sold,
  received,
  cast(cast(sold_30d * days_30d AS DECIMAL(20, 0)) / nullif(on_hand_30d, 0) AS DECIMAL(14, 4)) AS turnover_30d,
  CASE WHEN on_hand <= 0 AND coalesce(on_hand_before, 1) > 0 THEN 1 ELSE 0 END AS out_of_stock,
  cast(
    cast(greatest(on_hand, 0) * days_30d AS DECIMAL(20, 0)) / nullif(sold_30d, 0) AS DECIMAL(14, 2)
  ) AS days_on_hand
FROM paced
