import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { describeApplication, isHealthy } from "./objects.ts";
import { readWaveTimes, renderWaveTimes, waveViolations } from "./wave-order.ts";

/** Pods of the two images with Python packages, as `kubectl exec` takes them. */
const withPython = [
  ["orchestrator", "deployment/airflow-scheduler"],
  ["processing", "deployment/spark-operator-controller"],
] as const;

/** Counts a virtual environment's compiled modules, and those that Python takes only if a file's time is theirs. */
const countBytecode = `import pathlib
found = [path.open("rb").read(8) for path in pathlib.Path("/opt/venv").rglob("*.pyc")]
print(len(found), sum(head[4] & 1 == 0 for head in found))
`;

/** From nothing: everything is synced and healthy, came in the order of the waves, and has what makes it start. */
export async function checkWaves({ checks, applications, kubectl }: E2e): Promise<void> {
  checks.group("waves", "from nothing, in order");
  await checks.check("every Application is Synced and Healthy", async () => {
    const all = applications.latest();
    const not = all.filter((application) => !isHealthy(application));
    expectThat(all.length > 0, "there is no Application");
    expectThat(not.length === 0, () => not.map(describeApplication).join("\n"));
    return `${all.length} Applications`;
  });
  await checks.check("none came before the waves before its own were healthy", async () => {
    const times = readWaveTimes(applications.observations);
    for (const line of renderWaveTimes(times)) checks.line(`  ${line}`);
    const violations = waveViolations(times);
    expectThat(violations.length === 0, violations.join("\n"));
    const waves = new Set(times.map(({ wave }) => wave)).size;
    expectThat(waves > 1, `only ${waves} wave was seen: nothing could have been out of order`);
    return `${waves} waves`;
  });
  await checks.check(
    "Python compiles nothing when it starts, whatever times the images' layers tell",
    async () => {
      const counted = await Promise.all(
        withPython.map(async ([namespace, pod]) => {
          const said = await kubectl.run("exec", "-n", namespace, pod, "--", "python3", "-c", countBytecode);
          const [all = 0, timed = 0] = said.trim().split(" ").map(Number);
          expectThat(all > 0, `${pod} has no bytecode`);
          expectThat(timed === 0, `${pod}: of ${all} compiled modules ${timed} go by their file's time`);
          return all;
        }),
      );
      return `${counted.join(" and ")} modules`;
    },
  );
}
