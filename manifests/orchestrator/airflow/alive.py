"""Says whether this pod's Airflow job still beats: exit code 0 or 1. Usage: alive.py SchedulerJob

`airflow jobs check` asks the same, but loads Airflow to do so: five seconds of a core, every time. A database that does
not answer is no sign against this process.
"""

import os
import socket
import sys

import psycopg2

QUERY = """
    select coalesce(max(latest_heartbeat) > now() - interval '60 seconds', false)
    from job where job_type = %s and hostname = %s and state = 'running'
"""

url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1)
try:
    with psycopg2.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY, (sys.argv[1], socket.gethostname()))
        alive = cursor.fetchone()[0]
except psycopg2.OperationalError as error:
    print(f"the database does not answer, so nothing is known: {error}")
    sys.exit(0)
if not alive:
    sys.exit(f"no heartbeat of {sys.argv[1]} on {socket.gethostname()} for 60 seconds")
