-- Parcels by carrier and region: how fast, how reliable, how dear.
WITH parcels AS (
  SELECT
    coalesce(carriers.name, 'unknown') AS carrier,
    coalesce(shipments.region, 'unknown') AS region,
    shipments.order_id,
    shipments.cost,
    shipments.weight_kg,
    shipments.promised_at,
    shipments.delivered_at,
    shipments.returned_at,
    shipments.delivery_minutes
  FROM silver.shipments AS shipments
  LEFT JOIN silver.carriers AS carriers ON shipments.carrier_id = carriers.carrier_id
),

-- By itself: beside a distinct count Spark keeps what a percentile needs for every single order.
ordered AS (
  SELECT
    carrier,
    region,
    count(DISTINCT order_id) AS orders
  FROM parcels
  GROUP BY carrier, region
),

sent AS (
  SELECT
    carrier,
    region,
    count(*) AS shipments,
    count(delivered_at) AS delivered,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY delivery_minutes) AS median,
    percentile_disc(0.9) WITHIN GROUP (ORDER BY delivery_minutes) AS p90,
    count_if(delivered_at <= promised_at) AS on_time,
    count(returned_at) AS returned,
    sum(cost) AS cost,
    sum(weight_kg) AS weight_kg
  FROM parcels
  GROUP BY carrier, region
)

SELECT
  sent.carrier,
  sent.region,
  sent.shipments,
  sent.delivered,
  cast(sent.median AS BIGINT) AS delivery_minutes_median,
  cast(sent.p90 AS BIGINT) AS delivery_minutes_p90,
  cast(cast(sent.on_time AS DECIMAL(20, 0)) / nullif(sent.delivered, 0) AS DECIMAL(7, 4)) AS on_time_rate,
  cast(cast(sent.returned AS DECIMAL(20, 0)) / nullif(sent.delivered, 0) AS DECIMAL(7, 4)) AS return_rate,
  cast(sent.cost / ordered.orders AS DECIMAL(14, 2)) AS cost_per_order,
  cast(sent.cost / nullif(sent.weight_kg, 0) AS DECIMAL(14, 4)) AS cost_per_kg
FROM sent
INNER JOIN ordered ON sent.carrier = ordered.carrier AND sent.region = ordered.region
