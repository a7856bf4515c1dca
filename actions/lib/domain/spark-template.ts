import type { Size } from "./pipeline-type.ts";
import {
  databaseConnections,
  hashKeys,
  imageName,
  type PipelineShape,
  type SparkStep,
  stepSize,
} from "./spark-steps.ts";

/** The versions that a template names; a part of `pipelines/runtime/versions.yaml`. */
export interface TemplateVersions {
  spark: string;
}

/** Where the image keeps the runtime, and the one file that says what to do. */
const RUNTIME = "/opt/wavehouse/runtime";
const PIPELINE_FILE = "/opt/wavehouse/pipeline/pipeline.yaml";

/** Spark's own user in its images. */
const SPARK_USER = 185;

/** Names that Spark gives its containers; a pod template must use them. */
const CONTAINERS = { driver: "spark-kubernetes-driver", executor: "spark-kubernetes-executor" } as const;

interface PodResources {
  /** Tasks at once. */
  cores: number;
  /** What the scheduler sets aside: little, since a job waits for its store and its JVM most of the time. */
  coreRequest: string;
  coreLimit: string;
  memory: string;
  /** Beside the heap; where it is not said, Spark adds a part of the heap. */
  memoryOverhead?: string;
}

interface Resources {
  driver: PodResources;
  executor: PodResources & { instances?: number };
  /** Beside those of every job. */
  javaOptions?: readonly string[];
  conf: Readonly<Record<string, string>>;
}

/** Little enough that some fit beside the platform on two cores. */
const SMALL_POD: PodResources = { cores: 1, coreRequest: "100m", coreLimit: "2", memory: "1g" };

/**
 * On little data the start is most of the job: no second compiler, no parallel collector, no UI, no wait for executors.
 * What the first compiler makes of a dozen tables' plans does not fit where Java would keep it.
 */
const LITTLE_DATA = {
  javaOptions: ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=128m"],
  conf: {
    // Spark's own 200 are 200 tiny tasks; Delta's own 50 too.
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.ui.enabled": "false",
    "spark.scheduler.minRegisteredResourcesRatio": "0",
  },
} as const;

const RESOURCES: Readonly<Record<Size, Resources>> = {
  // The driver does the work itself, two tasks at once: a job is one Java to start, not two. The kind wants an
  // executor all the same, and none is made.
  tiny: {
    driver: { ...SMALL_POD, memoryOverhead: "1g" },
    executor: SMALL_POD,
    ...LITTLE_DATA,
    conf: { ...LITTLE_DATA.conf, "spark.kubernetes.driver.master": "local[2]" },
  },
  small: { driver: SMALL_POD, executor: { instances: 1, ...SMALL_POD }, ...LITTLE_DATA },
  medium: {
    driver: { cores: 1, coreRequest: "500m", coreLimit: "2", memory: "2g" },
    executor: { instances: 2, cores: 2, coreRequest: "1", coreLimit: "2", memory: "4g" },
    conf: { "spark.sql.shuffle.partitions": "32" },
  },
  large: {
    driver: { cores: 2, coreRequest: "1", coreLimit: "2", memory: "4g" },
    executor: { instances: 4, cores: 4, coreRequest: "3", coreLimit: "4", memory: "8g" },
    conf: { "spark.sql.shuffle.partitions": "200" },
  },
};

/** A job tells what is wrong, not all that Spark does: its log is read in Airflow, and copied there line by line. */
const LOGGING = [
  `-Dlog4j2.configurationFile=file://${RUNTIME}/wavehouse/log4j2.properties`,
  "-Dwavehouse.log=warn",
];

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
          // Made even where no table lies in it, and the work folder is read-only.
          "spark.sql.warehouse.dir": "file:///tmp/warehouse",
          ...resources.conf,
        },
        // Airflow owns the retries.
        restartPolicy: { type: "Never" },
        driver: {
          ...role("driver", resources, secretsOf(pipeline, step)),
          serviceAccount: accounts.driver,
          labels: { ...labels },
        },
        executor: {
          ...role("executor", resources),
          serviceAccount: accounts.executor,
          labels: { ...labels },
        },
      },
    },
  };
}

/**
 * What a step alone is given, from Secrets of the pipeline's namespace: raw the addresses of the databases, silver the
 * keys of its hashes. Executors get none: what they need, the driver sends them.
 */
function secretsOf(pipeline: PipelineShape, step: SparkStep): object[] {
  const given = (variable: string, secret: string, key: string): object => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  if (step === "raw") {
    return databaseConnections(pipeline).map((name) =>
      given(`WAVEHOUSE_CONNECTION_${upper(name)}`, connectionSecret(name), "url"),
    );
  }
  if (step !== "silver") return [];
  return hashKeys(pipeline).map((name) => given(`WAVEHOUSE_SECRET_${upper(name)}`, keySecret(name), "value"));
}

/** Name of the Secret with a database's address. */
export function connectionSecret(connection: string): string {
  return `connection-${dashed(connection)}`;
}

/** Name of the Secret with a key that personal data is hashed with. */
export function keySecret(key: string): string {
  return `secret-${dashed(key)}`;
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function dashed(name: string): string {
  return name.replaceAll("_", "-");
}

function role(name: keyof typeof CONTAINERS, resources: Resources, secrets: readonly object[] = []): object {
  return {
    ...resources[name],
    javaOptions: [...LOGGING, ...(resources.javaOptions ?? [])].join(" "),
    template: podTemplate(CONTAINERS[name], secrets),
  };
}

/**
 * What Spark's settings cannot say of a pod. A pod template, which Spark applies itself, rather than the fields of the
 * same names, which the operator's webhook applies: a pod is safe without the webhook too.
 */
function podTemplate(container: string, secrets: readonly object[]): object {
  return {
    spec: {
      securityContext: {
        runAsNonRoot: true,
        runAsUser: SPARK_USER,
        runAsGroup: SPARK_USER,
        fsGroup: SPARK_USER,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: container,
          env: [{ name: "PYTHONPATH", value: RUNTIME }, ...secrets],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [{ name: "tmp", emptyDir: {} }],
    },
  };
}

/** What Spark must be told of the format before it starts. What a catalog is, the environment tells the job. */
function storageConf(storage: PipelineShape["spec"]["storage"]): Record<string, string> {
  if (storage.format === "delta") {
    return {
      "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
      "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    };
  }
  if (storage.format === "iceberg") {
    return {
      "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    };
  }
  return {};
}
