select
  course_id,
  date(visited_at) as day,
  count(distinct learner_id) as learners,
  count(*) as visits
from {{ source('silver', 'visits') }}
group by 1, 2
