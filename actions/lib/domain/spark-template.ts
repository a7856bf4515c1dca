import type { Size } from "./pipeline-type.ts";
import { imageName, type PipelineShape, type SparkStep, stepSize } from "./spark-steps.ts";

/** The versions that a template names; a part of `pipelines/runtime/versions.yaml`. */
export interface TemplateVersions {
  spark: string;
}

/** Where the image keeps the runtime, and the one file that says what to do. */
const RUNTIME = "/opt/wavehouse/runtime";
const PIPELINE_FILE = "/opt/wavehouse/pipeline/pipeline.yaml";

/** Spark's own user in its images. */
const SPARK_USER = 185;

interface Resources {
  driver: { cores: number; coreLimit: string; memory: string };
  executor: { instances: number; cores: number; coreLimit: string; memory: string };
  /** Partitions after a shuffle: Spark's own 200 are 200 tiny tasks on little data. */
  shufflePartitions: number;
}

const RESOURCES: Readonly<Record<Size, Resources>> = {
  small: {
    driver: { cores: 1, coreLimit: "2", memory: "1g" },
    executor: { instances: 1, cores: 1, coreLimit: "2", memory: "1g" },
    shufflePartitions: 4,
  },
  medium: {
    driver: { cores: 1, coreLimit: "2", memory: "2g" },
    executor: { instances: 2, cores: 2, coreLimit: "2", memory: "4g" },
    shufflePartitions: 32,
  },
  large: {
    driver: { cores: 2, coreLimit: "2", memory: "4g" },
    executor: { instances: 4, cores: 4, coreLimit: "4", memory: "8g" },
    shufflePartitions: 200,
  },
};

/** Names of the service accounts of a pipeline's Spark pods. */
export function serviceAccounts(pipeline: string): { driver: string; executor: string } {
  return { driver: `${pipeline}-driver`, executor: `${pipeline}-executor` };
}

/**
 * Builds the suspended template of a Spark step. It never runs by itself: Airflow copies its `spec.template` into
 * a SparkApplication for each run.
 *
 * @param pipeline the pipeline
 * @param step which of its steps
 * @param versions the versions it runs on
 * @returns a ScheduledSparkApplication whose image is a bare name, for the overlay's `images:` to replace
 */
export function sparkTemplate(pipeline: PipelineShape, step: SparkStep, versions: TemplateVersions): object {
  const { name } = pipeline.metadata;
  const image = imageName(name, step);
  const labels = { "wavehouse.dev/pipeline": name, "wavehouse.dev/step": step };
  const resources = RESOURCES[stepSize(pipeline, step)];
  const accounts = serviceAccounts(name);
  return {
    apiVersion: "sparkoperator.k8s.io/v1beta2",
    kind: "ScheduledSparkApplication",
    metadata: { name: image, namespace: "processing", labels },
    spec: {
      // The kind demands a schedule; a suspended one starts nothing.
      schedule: "@yearly",
      suspend: true,
      template: {
        type: "Python",
        pythonVersion: "3",
        mode: "cluster",
        sparkVersion: versions.spark,
        image,
        imagePullPolicy: "IfNotPresent",
        mainApplicationFile: `local://${RUNTIME}/wavehouse/jobs/${step}.py`,
        arguments: ["--pipeline", PIPELINE_FILE],
        sparkConf: {
          ...storageConf(pipeline.spec.storage),
          "spark.sql.session.timeZone": "UTC",
          "spark.sql.shuffle.partitions": String(resources.shufflePartitions),
        },
        // Airflow owns the retries.
        restartPolicy: { type: "Never" },
        driver: { ...resources.driver, serviceAccount: accounts.driver, ...pod(labels) },
        executor: { ...resources.executor, serviceAccount: accounts.executor, ...pod(labels) },
      },
    },
  };
}

function pod(labels: Readonly<Record<string, string>>): object {
  return {
    labels: { ...labels },
    env: [{ name: "PYTHONPATH", value: RUNTIME }],
    podSecurityContext: {
      runAsNonRoot: true,
      runAsUser: SPARK_USER,
      runAsGroup: SPARK_USER,
      fsGroup: SPARK_USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
  };
}

/** What Spark must be told to read and write the format. Where a catalog is, the environment says. */
function storageConf(storage: PipelineShape["spec"]["storage"]): Record<string, string> {
  if (storage.format === "delta") {
    return {
      "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
      "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    };
  }
  if (storage.format === "iceberg" && storage.catalog !== undefined) {
    return {
      "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
      [`spark.sql.catalog.${storage.catalog}`]: "org.apache.iceberg.spark.SparkCatalog",
      [`spark.sql.catalog.${storage.catalog}.type`]: "rest",
      "spark.sql.defaultCatalog": storage.catalog,
    };
  }
  return {};
}
