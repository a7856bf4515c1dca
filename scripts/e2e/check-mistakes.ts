import { readApplications, renderApplications } from "../cluster/status.ts";
import { readTroubles } from "../cluster/troubles.ts";
import type { E2e } from "./context.ts";
import { waitForCommit } from "./sync.ts";
import { waitUntil } from "./wait-until.ts";

/** A mistake in Git, and what must be told of it. */
interface Mistake {
  what: string;
  file: string;
  edit: (text: string) => string;
  told: RegExp;
}

const nowhere = `sha256:${"0".repeat(64)}`;

const mistakes: readonly Mistake[] = [
  {
    what: "an overlay that does not render",
    file: "overlays/local/orchestrator/airflow/kustomization.yaml",
    edit: (text) => text.replace(/^resources:\n/m, "resources:\n  - nowhere.yaml\n"),
    told: /^airflow: what Git says cannot be rendered: .*nowhere\.yaml: no such file.*npm run validate/,
  },
  {
    what: "an Application that points at a missing path",
    file: "apps/platform/airflow.yaml",
    edit: (text) => text.replace(/^( +path: ).*$/m, "$1overlays/ENVIRONMENT/orchestrator/nowhere"),
    told: /^airflow: what Git says cannot be rendered: .*orchestrator\/nowhere: app path does not exist.*npm run validate/,
  },
  {
    what: "a digest that the registry lacks",
    file: "overlays/local/orchestrator/airflow/kustomization.yaml",
    edit: (text) => text.replace(/(- name: dags\n(?: +\w+: .*\n)*? +digest: )\S+/, `$1${nowhere}`),
    told: /^orchestrator\/airflow-dag-processor-\S+: (ErrImagePull|ImagePullBackOff), .*0000: .*npm run cluster -- up/,
  },
  {
    what: "a secret that was never made",
    file: "manifests/orchestrator/airflow/external-secrets.yaml",
    edit: (text) => text.replace("property: fernet-key", "property: never-made"),
    told: /^ExternalSecret orchestrator\/\S+: .*never-made.*make it in the source/,
  },
];

/** What goes wrong by a mistake in Git is told in a line, with what to do; and what ran before goes on running. */
export async function checkMistakes(e2e: E2e): Promise<void> {
  const { checks, clone } = e2e;
  checks.group("mistakes", "each ends with one clear message");
  const good = await clone.head();
  for (const { what, file, edit, told } of mistakes) {
    await checks.check(`${what} is told`, async () => {
      await clone.edit(file, edit);
      await clone.push(`A mistake: ${what}`);
      try {
        return await waitUntil("the message", { timeoutMs: 120_000 }, async () => {
          const lines = await whatIsTold(e2e);
          const found = lines.find((one) => told.test(one));
          return found === undefined ? { not: lines.join("\n") } : { done: found };
        });
      } finally {
        await clone.restore(file, good);
      }
    });
  }
  await checks.check("mended, all is healthy again by itself", async () => {
    const at = Date.now();
    const synced = await waitForCommit(e2e, await clone.push("Mend the mistakes"), 180_000);
    return `${((synced - at) / 1000).toFixed(0)} s after the push`;
  });
}

/** What `npm run cluster -- status` tells of what is not done. */
async function whatIsTold({ kubectl: { cluster } }: E2e): Promise<string[]> {
  return [...renderApplications(await readApplications(cluster)), ...(await readTroubles(cluster))];
}
