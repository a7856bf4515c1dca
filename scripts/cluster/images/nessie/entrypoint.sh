#!/bin/sh
# What upstream's run-java.sh comes to here: the server, with most of the container's memory for its heap.
set -eu
# shellcheck disable=SC2086  # several options in one variable, as upstream
exec java -XX:MaxRAMPercentage=80 -XX:+ExitOnOutOfMemoryError ${JAVA_OPTS_APPEND:-} -jar /deployments/nessie-quarkus-*-runner.jar
