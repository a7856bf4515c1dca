-- Breweries by type and location: one row for each country, state or province, and type.
SELECT
  country,
  state_province,
  brewery_type,
  count(*) AS breweries,
  count(latitude) AS breweries_with_coordinates,
  count(website_url) AS breweries_with_website
FROM silver.breweries
GROUP BY country, state_province, brewery_type
