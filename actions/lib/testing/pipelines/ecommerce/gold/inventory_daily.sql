-- Stock by day and product.
SELECT
  to_date(m.moved_at) AS day,
  m.product_id,
  sum(sum(m.quantity)) OVER (PARTITION BY m.product_id ORDER BY to_date(m.moved_at)) AS on_hand,
  count_if(m.quantity < 0) AS sold_movements,
  (SELECT max(unit_cost) FROM silver.products p WHERE p.product_id = m.product_id) AS unit_cost
FROM silver.inventory_movements m
GROUP BY to_date(m.moved_at), m.product_id
