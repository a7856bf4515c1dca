import { readFileSync } from "node:fs";
import { renderTable } from "../demo/print.ts";
import type { Kubectl } from "./kubectl.ts";
import type { ProcessTable } from "./process-table.ts";

/** An Argo CD Application, as far as it is shown. */
export interface ApplicationState {
  name: string;
  wave: number;
  sync: string;
  health: string;
  /** Whether sync and health are told of the commit that is wanted now. */
  current: boolean;
  /** What the running or last operation says. */
  operation: string;
}

interface Application {
  metadata: { name: string; annotations?: Record<string, string> };
  spec: { source?: { targetRevision?: string } };
  status?: {
    sync?: {
      status?: string;
      revision?: string;
      comparedTo?: { source?: { targetRevision?: string } };
    };
    health?: { status?: string };
    operationState?: { phase?: string; message?: string };
    conditions?: { type: string; message: string }[];
  };
}

/**
 * Reads every Application, by wave and name; none where there is no Argo CD.
 *
 * @param commit where the root shall be; wherever it is when not said
 */
export async function readApplications(kubectl: Kubectl, commit?: string): Promise<ApplicationState[]> {
  const list = await kubectl
    .json<{ items: Application[] }>(["get", "applications.argoproj.io", "--namespace=cicd"])
    .catch(() => ({ items: [] }));
  return list.items
    .map((item) => toState(item, commit))
    .sort((a, b) => a.wave - b.wave || a.name.localeCompare(b.name));
}

function toState({ metadata, spec, status = {} }: Application, commit?: string): ApplicationState {
  const { conditions = [], health, operationState, sync } = status;
  const error = conditions.find(({ type }) => type.endsWith("Error"));
  return {
    name: metadata.name,
    // The root holds the others and has no turn among them.
    wave: metadata.name === "root" ? -1 : Number(metadata.annotations?.["argocd.argoproj.io/sync-wave"] ?? 0),
    sync: sync?.status ?? "Unknown",
    current:
      sync?.comparedTo?.source?.targetRevision === spec.source?.targetRevision &&
      (metadata.name !== "root" || commit === undefined || sync?.revision === commit),
    health: health?.status ?? "Unknown",
    operation: error?.message ?? [operationState?.phase, operationState?.message].filter(Boolean).join(": "),
  };
}

/** Whether an Application is where Git wants it. */
export function isDone({ current, health, sync }: ApplicationState): boolean {
  return current && sync === "Synced" && health === "Healthy";
}

/** Draws the Applications as a table, and below it what keeps those that are not done. */
export function renderApplications(states: readonly ApplicationState[]): string[] {
  const rows = states.map(({ name, wave, sync, health }) => ({
    wave: wave < 0 ? "" : String(wave),
    application: name,
    sync,
    health,
  }));
  const kept = states.filter((state) => !isDone(state) && state.operation !== "");
  return [
    ...renderTable(["wave", "application", "sync", "health"], rows),
    ...kept.map(({ name, operation }) => `${name}: ${explainOperation(operation)}`),
  ];
}

/** Argo CD quotes the whole command, with every API of the cluster, before it says what is wrong. */
export function explainOperation(operation: string): string {
  const text = operation.replaceAll("<path to cached source>/", "").replaceAll("\n", " ");
  const [, cause] =
    /^Failed to load target state: .*?(?:failed exit status \d+: (?:Error: )?|desc = )(?!`)(.*)$/.exec(
      text,
    ) ?? [];
  if (cause === undefined) return text;
  return `what Git says cannot be rendered: ${cause}; \`npm run validate\` shows the line: mend it and push`;
}

/** Draws the processes as a table, with the memory that each has, its share of what it shares. */
export function renderProcesses(table: ProcessTable): string[] {
  const rows = table.list().map(({ name, pid, state }) => ({
    process: name,
    state,
    pid,
    MiB: state === "running" ? proportionalMiB(pid) : 0,
  }));
  return renderTable(["process", "state", "pid", "MiB"], rows);
}

function proportionalMiB(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Math.round(Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
