import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { describeApplication, isHealthy } from "./objects.ts";
import { readWaveTimes, renderWaveTimes, waveViolations } from "./wave-order.ts";

/** From nothing: everything is synced and healthy, and came in the order of the waves. */
export async function checkWaves({ checks, applications }: E2e): Promise<void> {
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
}
