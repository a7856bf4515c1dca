import { UserError } from "../domain/user-error.ts";
import type { EnvironmentHealth } from "../ports/deployments.ts";
import { ProcessError, runProcess } from "./process.ts";

interface Application {
  metadata: { name: string };
  status?: { sync?: { status?: string; revision?: string }; health?: { status?: string } };
}

const ARGS = [
  "get",
  "applications.argoproj.io",
  "--all-namespaces",
  "--output=json",
  "--request-timeout=10s",
];

/**
 * Asks Argo CD in an environment's own cluster, with whatever rights whoever sits here has.
 *
 * @param kubectl the program
 * @param context names the cluster in kubectl's configuration
 */
export function argoCdHealth(kubectl: string, context: string): EnvironmentHealth {
  return {
    of: async (_environment, proves) => {
      const applications = await readApplications(kubectl, context);
      if (applications.length === 0)
        return { state: "unknown", told: `Argo CD of ${context} has no Applications` };
      for (const { metadata, status } of applications) {
        const [health = "Unknown", sync = "Unknown"] = [status?.health?.status, status?.sync?.status];
        if (health !== "Healthy" || sync !== "Synced") {
          return { state: "unhealthy", told: `its Application ${metadata.name} is ${health} and ${sync}` };
        }
        const revision = status?.sync?.revision ?? "";
        if (!(await proves(revision))) {
          return {
            state: "unknown",
            told: `its Application ${metadata.name} is at ${revision.slice(0, 12)}`,
          };
        }
      }
      return { state: "healthy", told: `Argo CD of ${context} says so` };
    },
  };
}

async function readApplications(kubectl: string, context: string): Promise<Application[]> {
  try {
    const { stdout } = await runProcess({ file: kubectl, args: ["--context", context, ...ARGS] });
    return (JSON.parse(stdout.toString()) as { items: Application[] }).items;
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new UserError(`cannot ask Argo CD of the context ${context}: ${error.message}`, { cause: error });
  }
}
