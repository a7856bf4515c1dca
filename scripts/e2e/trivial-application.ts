import type { E2e } from "./context.ts";
import type { KubernetesObject } from "./objects.ts";
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

/**
 * Runs the least that Spark can on the cluster, as a pipeline's job runs: what each job costs before it begins.
 *
 * @returns seconds from its making to COMPLETED
 * @throws CheckFailure when it does not complete in time
 */
export async function runTrivialApplication({ kubectl, sparkApplications }: E2e): Promise<number> {
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
    await waitUntil("the trivial job", { timeoutMs: 180_000, everyMs: 50 }, async () => {
      const now = sparkApplications.latest().find((one) => one.metadata.name === name);
      const state = now?.status?.applicationState?.state ?? "not begun";
      return state === "COMPLETED" ? { done: undefined } : { not: state };
    });
    return (performance.now() - started) / 1000;
  } finally {
    for (const kind of ["sparkapplication", "configmap"])
      await kubectl.run("delete", kind, name, "-n", namespace, "--ignore-not-found");
  }
}
