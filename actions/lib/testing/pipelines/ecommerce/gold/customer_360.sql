-- One row a customer. Churn risk: high after 180 days without an order, medium after 90.
WITH spent AS (
  SELECT o.customer_id, o.order_id, o.order_day, sum(i.amount) AS amount
  FROM iceberg.silver.orders o
  JOIN iceberg.silver.order_items i ON i.order_id = o.order_id
  WHERE NOT o.is_cancelled
  GROUP BY o.customer_id, o.order_id, o.order_day
)
SELECT
  c.customer_id,
  coalesce(sum(s.amount), 0) AS lifetime_value,
  min(s.order_day) AS first_order,
  max(s.order_day) AS last_order,
  CASE
    WHEN datediff(current_date(), max(s.order_day)) > 180 THEN 'high'
    WHEN datediff(current_date(), max(s.order_day)) > 90 THEN 'medium'
    ELSE 'low'
  END AS churn_risk,
  ntile(4) OVER (ORDER BY coalesce(sum(s.amount), 0) DESC) AS value_quartile
FROM iceberg.silver.customers c
LEFT JOIN spent s ON s.customer_id = c.customer_id
GROUP BY c.customer_id
