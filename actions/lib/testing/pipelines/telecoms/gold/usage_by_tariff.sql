-- Snowflake: double quotes are names here.
select
  c.call_date,
  s.tariff_code,
  sum(c.seconds) / 60 as "minutes",
  count(distinct c.msisdn) as subscribers
from TELECOMS.silver.call_records c
join TELECOMS.silver.subscribers s on s.msisdn = c.msisdn
left join "TELECOMS"."SILVER"."TARIFFS" t on t.tariff_code = s.tariff_code
group by 1, 2
qualify row_number() over (partition by c.call_date order by 3 desc) <= 100
