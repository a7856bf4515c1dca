import type { E2e } from "./context.ts";
import type { KubernetesObject } from "./objects.ts";
import { hasMapped, processesOf } from "./pod-processes.ts";
import { waitUntil } from "./wait-until.ts";

const name = "end-to-end-trivial";
const namespace = "processing";
/** Enough to need an executor, and nothing more. */
const program = `from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
assert spark.sparkContext.parallelize(range(100), 2).sum() == 4950
spark.stop()
`;

interface Template extends KubernetesObject {
  spec: {
    template: {
      mainApplicationFile: string;
      arguments: string[];
      driver: {
        template: {
          spec: {
            containers: { volumeMounts: { name: string; mountPath: string }[] }[];
            volumes: { name: string; configMap?: { name: string } }[];
          };
        };
      };
    };
  };
}

/** A trivial job that completed. */
export interface TrivialRun {
  /** From its making to COMPLETED. */
  seconds: number;
  /** `driver`, `executor`: whose Java began with the image's class archive. */
  fromArchive: ReadonlySet<string>;
}

/**
 * Runs the least that Spark can on the cluster, as a pipeline's job runs: what each job costs before it begins.
 *
 * @throws CheckFailure when it does not complete in time
 */
export async function runTrivialApplication({ kubectl, sparkApplications, pods }: E2e): Promise<TrivialRun> {
  const template = await kubectl.find<Template>("scheduledsparkapplication", "breweries-gold", namespace);
  if (template === undefined) throw new Error("there is no template breweries-gold");
  const spec = structuredClone(template.spec.template);
  spec.mainApplicationFile = `local:///${name}/main.py`;
  spec.arguments = [];
  const pod = spec.driver.template.spec;
  pod.volumes.push({ name: "program", configMap: { name } });
  for (const container of pod.containers)
    container.volumeMounts.push({ name: "program", mountPath: `/${name}` });
  const metadata = { name, namespace };
  const objects = [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "main.py": program } },
    { apiVersion: "sparkoperator.k8s.io/v1beta2", kind: "SparkApplication", metadata, spec },
  ];
  try {
    await kubectl.create(objects);
    const started = performance.now();
    const fromArchive = new Set<string>();
    await waitUntil("the trivial job", { timeoutMs: 180_000, everyMs: 200 }, async () => {
      const now = sparkApplications.latest().find((one) => one.metadata.name === name);
      const state = now?.status?.applicationState?.state ?? "not begun";
      for (const { metadata } of pods.latest()) {
        const { "spark-role": role, "sparkoperator.k8s.io/app-name": application } = metadata.labels ?? {};
        if (role === undefined || application !== name || fromArchive.has(role)) continue;
        const javas = processesOf(metadata.uid, "java");
        if (javas.some((pid) => hasMapped(pid, "/classes.jsa"))) fromArchive.add(role);
      }
      return state === "COMPLETED" ? { done: undefined } : { not: state };
    });
    return { seconds: (performance.now() - started) / 1000, fromArchive };
  } finally {
    for (const kind of ["sparkapplication", "configmap"])
      await kubectl.run("delete", kind, name, "-n", namespace, "--ignore-not-found");
  }
}
