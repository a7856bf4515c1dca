"""Course activity by day, read through Trino."""

import streamlit as st

st.title("Course activity")
course = st.text_input("Course")
activity = st.connection("trino_learning", type="sql").query(
    "select day, learners, visits from iceberg.gold.course_activity where course_id = :course order by day",
    params={"course": course},
)
st.line_chart(activity, x="day", y=["learners", "visits"])
