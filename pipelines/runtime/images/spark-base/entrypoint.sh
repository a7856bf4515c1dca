#!/bin/bash
# What Spark's Kubernetes scheduler starts in a pod: `driver ARGUMENT…` or `executor`, told the rest by environment
# variables. pip's Spark lacks this file. Anything else is run as it is.
set -euo pipefail

# The class archive fits a class path that begins with the jars one by one, in the order of their names.
jars=$(
  LC_ALL=C
  printf '%s:' "$SPARK_HOME"/jars/*.jar
)
jars=${jars%:}
archive="-XX:SharedArchiveFile=$SPARK_HOME/classes.jsa -Xlog:cds=off"
classpath="$jars:${SPARK_CONF_DIR:-$SPARK_HOME/conf}${HADOOP_CONF_DIR:+:$HADOOP_CONF_DIR}${SPARK_CLASSPATH:+:$SPARK_CLASSPATH}"
if [ -n "${SPARK_EXTRA_CLASSPATH:-}" ]; then classpath="$classpath:$SPARK_EXTRA_CLASSPATH"; fi

case "${1:-}" in
  driver)
    shift
    # What the job says itself wins: then it starts without the archive.
    start=()
    if ! grep -qsE '^spark\.driver\.(extraClassPath|defaultJavaOptions)' "$SPARK_HOME/conf/spark.properties"; then
      start=(--conf "spark.driver.extraClassPath=$jars" --conf "spark.driver.defaultJavaOptions=$archive")
    fi
    command=(
      "$SPARK_HOME/bin/spark-submit"
      ${start[@]+"${start[@]}"}
      --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS"
      --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS"
      --deploy-mode client
      "$@"
    )
    ;;
  executor)
    # SPARK_JAVA_OPT_0, _1, …, in the order of their numbers.
    options=()
    for ((number = 0; ; number++)); do
      name=SPARK_JAVA_OPT_$number
      if [ -z "${!name+x}" ]; then break; fi
      options+=("${!name}")
    done
    # shellcheck disable=SC2206 # two options
    command=(
      "$JAVA_HOME/bin/java"
      $archive
      ${options[@]+"${options[@]}"}
      "-Xms$SPARK_EXECUTOR_MEMORY"
      "-Xmx$SPARK_EXECUTOR_MEMORY"
      -cp "$classpath"
      org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend
      --driver-url "$SPARK_DRIVER_URL"
      --executor-id "$SPARK_EXECUTOR_ID"
      --cores "$SPARK_EXECUTOR_CORES"
      --app-id "$SPARK_APPLICATION_ID"
      --hostname "$SPARK_EXECUTOR_POD_IP"
      --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID"
      --podName "$SPARK_EXECUTOR_POD_NAME"
    )
    ;;
  *)
    command=("$@")
    ;;
esac

# As PID 1 it ends the processes that Spark leaves behind.
exec /usr/bin/tini -s -- "${command[@]}"
