-- Sales by the shop's day of the order, category and country of delivery. A product is in the category that it has now.
WITH categorised AS (
  SELECT
    products.product_id,
    max_by(products.category_id, products.valid_from) AS category_id
  FROM silver.products AS products
  GROUP BY products.product_id
),

refunded AS (
  SELECT
    refunds.order_id,
    refunds.line,
    sum(refunds.amount) AS amount
  FROM silver.refunds AS refunds
  GROUP BY refunds.order_id, refunds.line
),

lines AS (
  SELECT
    orders.order_day,
    coalesce(categories.name, 'unknown') AS category,
    coalesce(orders.shipping_country, 'unknown') AS country,
    orders.order_id,
    items.amount AS ordered,
    CASE
      WHEN orders.is_cancelled THEN 0
      ELSE items.amount - items.discount - coalesce(refunded.amount, 0)
    END AS kept
  FROM silver.order_items AS items
  INNER JOIN silver.orders AS orders ON items.order_id = orders.order_id
  LEFT JOIN categorised ON items.product_id = categorised.product_id
  LEFT JOIN silver.categories AS categories ON categorised.category_id = categories.category_id
  LEFT JOIN refunded ON items.order_id = refunded.order_id AND items.line = refunded.line
)

SELECT
  order_day,
  category,
  country,
  cast(sum(ordered) AS DECIMAL(18, 2)) AS gmv,
  count(DISTINCT order_id) AS orders,
  cast(sum(ordered) / count(DISTINCT order_id) AS DECIMAL(14, 2)) AS aov,
  cast(sum(kept) AS DECIMAL(18, 2)) AS net_revenue
FROM lines
GROUP BY order_day, category, country
