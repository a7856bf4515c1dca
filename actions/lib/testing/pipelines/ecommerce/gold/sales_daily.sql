-- Sales by day, category and country. GMV counts every order; net revenue what was neither cancelled nor refunded.
WITH refunded AS (
  SELECT order_id, sum(amount) AS amount
  FROM silver.refunds
  GROUP BY order_id
)
SELECT
  o.order_day,
  p.category,
  o.shipping_country AS country,
  sum(i.amount) AS gmv,
  count(DISTINCT o.order_id) AS orders,
  try_divide(sum(i.amount), count(DISTINCT o.order_id)) AS average_order_value,
  coalesce(sum(i.amount) FILTER (WHERE NOT o.is_cancelled), 0) - coalesce(sum(r.amount), 0) AS net_revenue
FROM silver.orders AS o
JOIN silver.order_items AS i USING (order_id)
LEFT JOIN silver.products AS p ON p.product_id = i.product_id
LEFT JOIN refunded AS r ON r.order_id = o.order_id
GROUP BY o.order_day, p.category, o.shipping_country
