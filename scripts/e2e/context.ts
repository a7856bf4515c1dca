import type { AirflowClient } from "../demo/airflow-client.ts";
import type { Checks } from "./checks.ts";
import type { Figures } from "./figures.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Application, Pod, SparkApplication } from "./objects.ts";
import type { TeamClone } from "./team-clone.ts";
import type { Recording } from "./watch-objects.ts";

/** What every group of checks works with. */
export interface E2e {
  checks: Checks;
  figures: Figures;
  kubectl: Kubectl;
  /** Recorded from before Argo CD was there. */
  applications: Recording<Application>;
  /** Of the namespace `processing`. */
  sparkApplications: Recording<SparkApplication>;
  /** Of every namespace. */
  pods: Recording<Pod>;
  /** A team member's clone of the repository that Argo CD reads. */
  clone: TeamClone;
  /** Logs in to Airflow as its admin. */
  airflow: () => Promise<AirflowClient>;
  /** The records that the loopback API serves: a CSV of real ones. */
  csv: string;
  /** Python with delta-rs, to read tables without Spark. */
  python: string;
}
