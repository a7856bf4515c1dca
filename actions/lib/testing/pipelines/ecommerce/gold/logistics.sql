-- How each carrier does in each region; sales of the day tell how much depends on it.
SELECT
  s.carrier,
  s.region,
  median(timestampdiff(HOUR, s.shipped_at, s.delivered_at)) AS median_hours,
  percentile(timestampdiff(HOUR, s.shipped_at, s.delivered_at), 0.9) AS p90_hours,
  avg(CASE WHEN s.delivered_at <= s.promised_at THEN 1.0 ELSE 0.0 END) AS on_time_rate,
  avg(CASE WHEN s.returned_at IS DISTINCT FROM NULL THEN 1.0 ELSE 0.0 END) AS return_rate,
  try_divide(sum(s.cost), sum(s.weight_kg)) AS cost_per_kg,
  (SELECT sum(gmv) FROM gold.sales_daily) AS gmv_of_all
FROM silver.shipments s
GROUP BY s.carrier, s.region
