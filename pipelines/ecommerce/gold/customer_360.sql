-- What the shop knows of each customer who has not left, as of the last day with an order.
WITH today AS (
  SELECT max(orders.order_day) AS day
  FROM silver.orders AS orders
),

refunded AS (
  SELECT
    refunds.order_id,
    sum(refunds.amount) AS amount
  FROM silver.refunds AS refunds
  GROUP BY refunds.order_id
),

paid AS (
  SELECT
    items.order_id,
    sum(items.amount - items.discount) AS amount
  FROM silver.order_items AS items
  GROUP BY items.order_id
),

bought AS (
  SELECT
    orders.customer_id,
    orders.order_day,
    year(orders.order_day) * 12 + month(orders.order_day) AS order_month,
    coalesce(paid.amount, 0) - coalesce(refunded.amount, 0) AS kept
  FROM silver.orders AS orders
  LEFT JOIN paid ON orders.order_id = paid.order_id
  LEFT JOIN refunded ON orders.order_id = refunded.order_id
  WHERE orders.customer_id IS NOT NULL AND NOT orders.is_cancelled
),

-- A customer's months first: few rows, of which a set of months would make one large one each.
monthly AS (
  SELECT
    customer_id,
    order_month,
    count(*) AS orders,
    min(order_day) AS first_order_day,
    max(order_day) AS last_order_day,
    sum(kept) AS kept,
    min(order_month) OVER (PARTITION BY customer_id) AS first_month
  FROM bought
  GROUP BY customer_id, order_month
),

totals AS (
  SELECT
    customer_id,
    sum(orders) AS orders,
    min(first_order_day) AS first_order_day,
    max(last_order_day) AS last_order_day,
    min(first_month) AS first_month,
    max(order_month = first_month + 1) AS again_m1,
    max(order_month = first_month + 2) AS again_m2,
    max(order_month = first_month + 3) AS again_m3,
    sum(kept) AS ltv
  FROM monthly
  GROUP BY customer_id
),

homes AS (
  SELECT
    addresses.customer_id,
    max_by(addresses.region, addresses.address_id) AS region
  FROM silver.addresses AS addresses
  WHERE addresses.kind = 'home' AND NOT addresses.is_deleted
  GROUP BY addresses.customer_id
),

known AS (
  SELECT
    customers.customer_id,
    customers.country,
    customers.segment,
    homes.region,
    coalesce(totals.orders, 0) AS orders,
    totals.first_order_day,
    totals.last_order_day,
    totals.first_month,
    totals.again_m1,
    totals.again_m2,
    totals.again_m3,
    cast(coalesce(totals.ltv, 0) AS DECIMAL(18, 2)) AS ltv,
    datediff(today.day, totals.last_order_day) AS days_since_last_order,
    datediff(totals.last_order_day, totals.first_order_day) AS active_days,
    year(today.day) * 12 + month(today.day) AS this_month
  FROM silver.customers AS customers
  CROSS JOIN today
  LEFT JOIN totals ON customers.customer_id = totals.customer_id
  LEFT JOIN homes ON customers.customer_id = homes.customer_id
  WHERE customers.is_current
)

SELECT
  customer_id,
  country,
  segment,
  region,
  orders,
  first_order_day,
  last_order_day,
  days_since_last_order,
  ltv,
  cast(trunc(first_order_day, 'MM') AS DATE) AS cohort_month,
  CASE WHEN this_month >= first_month + 1 THEN again_m1 END AS retained_m1,
  CASE WHEN this_month >= first_month + 2 THEN again_m2 END AS retained_m2,
  CASE WHEN this_month >= first_month + 3 THEN again_m3 END AS retained_m3,
  CASE
    WHEN orders = 0 THEN 'none'
    WHEN active_days = 0 AND days_since_last_order > 90 THEN 'high'
    WHEN active_days = 0 AND days_since_last_order > 45 THEN 'medium'
    WHEN active_days = 0 THEN 'low'
    WHEN days_since_last_order * (orders - 1) > 3 * active_days THEN 'high'
    WHEN days_since_last_order * (orders - 1) * 2 > 3 * active_days THEN 'medium'
    ELSE 'low'
  END AS churn_risk,
  CASE
    WHEN orders = 0 THEN 'prospect'
    WHEN days_since_last_order <= 14 AND orders >= 8 AND ltv >= 250 THEN 'champion'
    WHEN days_since_last_order <= 45 AND orders >= 3 THEN 'loyal'
    WHEN days_since_last_order <= 14 AND orders = 1 THEN 'new'
    WHEN days_since_last_order > 45 AND (orders >= 3 OR ltv >= 1000) THEN 'at risk'
    WHEN days_since_last_order > 45 THEN 'lost'
    ELSE 'occasional'
  END AS rfm_segment
FROM known
