-- Parcels by carrier and region: how fast, how reliable, how dear.
SELECT
  coalesce(carriers.name, 'unknown') AS carrier,
  coalesce(shipments.region, 'unknown') AS region,
  count(*) AS shipments,
  count(shipments.delivered_at) AS delivered,
  cast(
    percentile_disc(0.5) WITHIN GROUP (ORDER BY shipments.delivery_minutes) AS BIGINT
  ) AS delivery_minutes_median,
  cast(
    percentile_disc(0.9) WITHIN GROUP (ORDER BY shipments.delivery_minutes) AS BIGINT
  ) AS delivery_minutes_p90,
  cast(
    cast(count_if(shipments.delivered_at <= shipments.promised_at) AS DECIMAL(20, 0))
    / nullif(count(shipments.delivered_at), 0) AS DECIMAL(7, 4)
  ) AS on_time_rate,
  cast(
    cast(count(shipments.returned_at) AS DECIMAL(20, 0))
    / nullif(count(shipments.delivered_at), 0) AS DECIMAL(7, 4)
  ) AS return_rate,
  cast(sum(shipments.cost) / count(DISTINCT shipments.order_id) AS DECIMAL(14, 2)) AS cost_per_order,
  cast(sum(shipments.cost) / nullif(sum(shipments.weight_kg), 0) AS DECIMAL(14, 4)) AS cost_per_kg
FROM silver.shipments AS shipments
LEFT JOIN silver.carriers AS carriers ON shipments.carrier_id = carriers.carrier_id
GROUP BY coalesce(carriers.name, 'unknown'), coalesce(shipments.region, 'unknown')
