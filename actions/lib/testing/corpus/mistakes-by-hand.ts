import { type Mistake, replaced, type ToldAt } from "./mistake.ts";
import { bytesOfMistakes } from "./mistakes-of-bytes.ts";

const BREWERIES = "pipelines/breweries/pipeline.yaml";
const SHOP = "pipelines/ecommerce/pipeline.yaml";
const TELECOMS = "pipelines/telecoms/pipeline.yaml";
const COURSES = "pipelines/course-telemetry/pipeline.yaml";
const SALES = "pipelines/ecommerce/gold/sales_daily.sql";
const CUSTOMERS = "pipelines/ecommerce/gold/customer_360.sql";
const COUNTS = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const USAGE = "pipelines/telecoms/gold/usage_by_tariff.sql";
const POSTGRES = "manifests/database/postgres/stateful-set.yaml";
const POSTGRES_SERVICE = "manifests/database/postgres/service.yaml";
const POSTGRES_BASE = "manifests/database/postgres/kustomization.yaml";
const POSTGRES_SECRET = "manifests/database/postgres/external-secret.yaml";
const POSTGRES_OVERLAY = "overlays/local/database/postgres/kustomization.yaml";
const SCHEDULER = "manifests/orchestrator/airflow/scheduler.yaml";
const API_SERVER = "manifests/orchestrator/airflow/api-server.yaml";
const ROLES = "manifests/orchestrator/airflow/roles.yaml";
const ACCOUNTS = "manifests/orchestrator/airflow/service-accounts.yaml";
const AIRFLOW_OVERLAY = "overlays/local/orchestrator/airflow/kustomization.yaml";
const AIRFLOW_BASE = "manifests/orchestrator/airflow/kustomization.yaml";
const OPERATOR = "manifests/processing/spark-operator/kustomization.yaml";
const APPLICATION = "apps/platform/postgres.yaml";
const PLATFORM = "apps/projects/platform.yaml";
const OVERLAY = "overlays/local/kustomization.yaml";
const BREWERIES_OVERLAY = "overlays/local/processing/pipelines/breweries/kustomization.yaml";
const VERSIONS = "pipelines/runtime/versions.yaml";

/** File, what stands there, what is written instead with `«` before what is told, the rule, and where if elsewhere. */
type Row = readonly [file: string, from: string, to: string, rule: string, at?: ToldAt];

const ROWS: readonly Row[] = [
  // A pipeline by itself
  [BREWERIES, 'schedule: "@daily"', 'schedule: «"@dayly"', "pipeline/cron"],
  [SHOP, '"15 2 * * *"', '«"15 25 * * *"', "pipeline/cron"],
  [SHOP, '"15 2 * * *"', '«"15 2 * *"', "pipeline/cron"],
  [SHOP, "Europe/Madrid }\n  storage", "«Europe/Madird }\n  storage", "pipeline/time-zone"],
  [TELECOMS, "timezone: America/Sao_Paulo", "timezone: «America/Sao_Paolo", "pipeline/time-zone"],
  [BREWERIES, "apiVersion: wavehouse.dev/v1", "apiVersion: «wavehouse.dev/v2", "pipeline/not-allowed"],
  [BREWERIES, "  owner: data-platform\n", "", "pipeline/missing-key", { file: BREWERIES, text: "metadata:" }],
  [BREWERIES, "  name: breweries\n", "  name: «brewery\n", "pipeline/folder"],
  [BREWERIES, "      type: http\n", "      type: «htpp\n", "pipeline/not-allowed"],
  [BREWERIES, "value: 200", 'value: «"200"', "pipeline/wrong-type"],
  [BREWERIES, "attempts: 5", "attempts: «-1", "pipeline/out-of-range"],
  [BREWERIES, "rule: id is not null", 'rule: «""', "pipeline/empty"],
  [BREWERIES, "partitionBy: [country]", "partitionBy: [«state]", "pipeline/deprecated-column"],
  [BREWERIES, "      keys: [id]\n", "", "pipeline/no-keys", { file: BREWERIES, text: "write: merge" }],
  [BREWERIES, "gold: small", "gold: «huge", "pipeline/not-allowed"],
  [BREWERIES, "grain: [country,", "grain: [«contry,", "pipeline/unknown-column"],
  [SHOP, "partitionBy: [order_day]", "partitionBy: [«day]", "pipeline/unknown-column"],
  [
    SHOP,
    "type: date, expression: to_date(created_at)",
    "type: date, expression: «to_date(created_att)",
    "pipeline/unknown-column",
  ],
  [SHOP, "{ rule: quantity > 0,", "{ rule: «quantty > 0,", "pipeline/unknown-column"],
  [SHOP, "transform: bucket, width: 16", "transform: «bucket", "pipeline/partition"],
  [
    SHOP,
    "pii: { method: hash, key: pii_key } }\n        email",
    "pii: { method: «drop } }\n        email",
    "pipeline/masked-key",
  ],
  [SHOP, "write: append", "write: append\n      «history: [quantity]", "pipeline/conflict"],
  [SHOP, "- name: logistics\n", "- name: «sales_daily\n", "pipeline/duplicate-mart"],
  [
    SHOP,
    "- name: refunds\n      source: shop",
    "- name: refunds\n      source: «shopp",
    "pipeline/unknown-source",
  ],
  [SHOP, "backfill: { start: 2025-01-01", "backfill: { start: «2025-02-30", "pipeline/date"],
  [COURSES, "end: 2026-06-30", "end: «2025-06-30", "pipeline/date"],
  [COURSES, "marts: [course_activity]", "marts: [«course_activty]", "pipeline/unknown-mart"],
  [COURSES, "file: dashboard/app.py", "file: «dashboard/ap.py", "pipeline/missing-file"],
  [COURSES, "project: gold/dbt,", "project: «gold/dtb,", "pipeline/missing-file"],
  [
    COURSES,
    "enrolled_on: date",
    "enrolled_on: date\n        «Enrolled_on: date",
    "pipeline/duplicate-column",
  ],
  [
    TELECOMS,
    "      source: tariffs_sheet\n",
    "      source: tariffs_sheet\n      «explode: [{ path: a }]\n",
    "pipeline/explode",
  ],
  [COURSES, "- name: enrolments\n", "- name: «visits\n", "pipeline/duplicate-table"],
  // Pipelines with each other
  [
    TELECOMS,
    "wavehouse://mediation/bronze/call_records",
    "«wavehouse://breweries/silver/brewries",
    "pipeline/unknown-asset",
  ],
  [
    TELECOMS,
    "wavehouse://mediation/bronze/call_records",
    "«wavehouse://telecoms/gold/usage_by_tariff",
    "pipeline/asset-cycle",
  ],
  [
    COURSES,
    "- name: visits\n",
    "- name: «orders\n",
    "pipeline/two-writers",
    { file: SHOP, text: "- name: orders" },
  ],
  // SQL
  [SALES, "sum(i.amount) AS gmv", "sum(i.«ammount) AS gmv", "pipeline/unknown-column"],
  [SALES, "p.category,\n  o.shipping", "p.«categry AS category,\n  o.shipping", "pipeline/unknown-column"],
  [SALES, "FROM silver.refunds", "FROM «silver.refund", "pipeline/unknown-table"],
  [SALES, "FROM silver.orders AS o", "FROM «gold.logistics AS o", "pipeline/unknown-table"],
  [
    CUSTOMERS,
    "FROM iceberg.silver.customers c",
    "FROM iceberg.raw.customers c",
    "pipeline/unmasked-pii",
    { file: CUSTOMERS, text: "  c.customer_id," },
  ],
  [CUSTOMERS, "ELSE 'low'", "ELSE «'low", "pipeline/sql-syntax"],
  [
    CUSTOMERS,
    "datediff(current_date(), max(s.order_day)) > 180",
    "«datedif(current_date(), max(s.order_day)) > 180",
    "pipeline/unknown-function",
  ],
  [SALES, "try_divide(", "«safe_divide(", "pipeline/unknown-function"],
  [SALES, "p.category,\n  o.shipping", "«product_id AS category,\n  o.shipping", "pipeline/ambiguous-column"],
  [COUNTS, "count(latitude)", "count(«latitud)", "pipeline/unknown-column"],
  [BREWERIES, "rule: id is not null", "rule: «is_empty(id)", "pipeline/unknown-function"],
  [
    CUSTOMERS,
    "c.customer_id,\n  coalesce",
    "c.«customer_ids AS customer_id,\n  coalesce",
    "pipeline/unknown-column",
  ],
  [USAGE, "TELECOMS.silver.subscribers s", "«TELECOMS.silver.subscriber s", "pipeline/unknown-table"],
  [USAGE, "sum(c.seconds)", "sum(c.«secnds)", "pipeline/unknown-column"],
  [USAGE, "<= 100", "<= 100;\n«select 1", "pipeline/sql-syntax"],
  // Rendering
  [POSTGRES_BASE, "  - service.yaml", "  - «servcie.yaml", "kustomize/missing"],
  [
    POSTGRES_BASE,
    "  - service.yaml",
    "  - service.yaml\n  - «https://example.org/base.yaml",
    "kustomize/remote",
  ],
  [POSTGRES_BASE, "  - service.yaml", "  - service.yaml\n  - «../../../../elsewhere", "kustomize/outside"],
  [POSTGRES_BASE, "      - prepare.sh", "      - «prepar.sh", "kustomize/missing"],
  [OPERATOR, "version: 2.4.0", "version: «2.3.0", "kustomize/chart-version"],
  [OPERATOR, "  - name: spark-operator\n", "  - name: «spark-operater\n", "kustomize/chart"],
  [OVERLAY, "  - database/postgres\n", "  - «database/postgress\n", "kustomize/missing"],
  // Schemas
  [POSTGRES, "  serviceName: postgres\n", "  «servicename: postgres\n", "manifest/schema"],
  [POSTGRES, "runAsUser: 999", "runAsUser: «nobody", "manifest/schema"],
  [POSTGRES, "replicas: 1", 'replicas: «"1"', "manifest/schema"],
  [POSTGRES, "accessModes: [ReadWriteOnce]", "accessModes: «ReadWriteOnce", "manifest/schema"],
  [POSTGRES_SERVICE, "port: 5432,", 'port: «"5432",', "manifest/schema"],
  [POSTGRES_SECRET, "  refreshInterval: 1m", "  «refreshIntervall: 1m", "manifest/schema"],
  [POSTGRES_SECRET, "decodingStrategy: None", "decodingStrategy: «Nope", "manifest/schema"],
  [APPLICATION, "selfHeal: true", "«selfheal: true", "manifest/schema"],
  [PLATFORM, "  description: Components", "  «descripton: Components", "manifest/schema"],
  [SCHEDULER, "strategy: { type: Recreate }", "strategy: { «typ: Recreate }", "manifest/schema"],
  [
    ROLES,
    "    verbs: [create, get, list, watch, patch, delete]",
    "    «verb: [create]\n    verbs: [create, get, list, watch, patch, delete]",
    "manifest/schema",
  ],
  // References
  [
    SCHEDULER,
    "configMapRef: { name: airflow-settings }",
    "configMapRef: { name: «airflow-setting }",
    "reference/missing",
  ],
  [
    SCHEDULER,
    "serviceAccountName: airflow-scheduler",
    "serviceAccountName: «airflow-schedule",
    "reference/missing",
  ],
  [
    SCHEDULER,
    "configMap: { name: airflow-alive }",
    "configMap: { name: «airflow-live }",
    "reference/missing",
  ],
  [POSTGRES, "secret: { secretName: postgres,", "secret: { secretName: «postgress,", "reference/missing"],
  [POSTGRES_SECRET, "name: source-secrets }", "name: «source-secret }", "reference/missing"],
  [
    ROLES,
    "kind: Role, name: airflow-scheduler }",
    "kind: Role, name: «airflow-scheduling }",
    "reference/missing",
  ],
  [
    AIRFLOW_OVERLAY,
    "object-store.deepstorage.svc.cluster.local:7070",
    "object-store.deepstorage.svc.cluster.local:7071",
    "reference/no-port",
    { file: AIRFLOW_OVERLAY, text: ":7071" },
  ],
  [
    AIRFLOW_OVERLAY,
    "//object-store.deepstorage.svc",
    "//object-stor.deepstorage.svc",
    "reference/missing",
    { file: AIRFLOW_OVERLAY, text: "object-stor." },
  ],
  [POSTGRES_SERVICE, "targetPort: postgres", "targetPort: «postgre", "selector/port"],
  [
    POSTGRES_SERVICE,
    "selector: { app.kubernetes.io/name: postgres }",
    "selector: «{ app.kubernetes.io/name: postgre }",
    "selector/no-pods",
  ],
  [
    POSTGRES,
    "matchLabels: { app.kubernetes.io/name: postgres }",
    "matchLabels: { app.kubernetes.io/name: «postgre }",
    "selector/template",
  ],
  [
    ACCOUNTS,
    "  name: airflow-triggerer\n  namespace: orchestrator\n",
    '  name: airflow-triggerer\n  namespace: orchestrator\n  annotations: { argocd.argoproj.io/sync-wave: "5" }\n',
    "reference/later-wave",
    { file: "manifests/orchestrator/airflow/triggerer.yaml", text: "serviceAccountName" },
  ],
  [ACCOUNTS, "  name: airflow-triggerer\n", "  name: «airflow-scheduler\n", "object/twice"],
  // Applications
  [APPLICATION, "project: platform", "project: «platfrom", "apps/no-project"],
  [
    APPLICATION,
    "path: overlays/ENVIRONMENT/database/postgres",
    "path: «overlays/ENVIRONMENT/database/postgre",
    "apps/missing-path",
  ],
  [
    PLATFORM,
    "    - { group: batch, kind: Job }\n",
    "",
    "apps/not-permitted",
    { file: "manifests/orchestrator/airflow/migration.yaml", text: "apiVersion: batch" },
  ],
  // Images
  [POSTGRES_OVERLAY, "newTag: unbuilt", "newTag: «15-bookworm", "images/no-digest"],
  [POSTGRES_OVERLAY, "newTag: unbuilt", "newTag: t1\n    digest: «sha256:0123", "images/bad-digest"],
  [
    BREWERIES_OVERLAY,
    "  - name: breweries-gold\n",
    "  - name: breweries-silver\n    newName: localhost:5001/again\n    newTag: unbuilt\n  - name: breweries-gold\n",
    "images/twice",
    { file: BREWERIES_OVERLAY, text: "  - name: breweries-silver\n    newName: localhost:5001/again" },
  ],
  [BREWERIES_OVERLAY, "images:\n", "images:\n  - name: «platinum\n    newTag: unbuilt\n", "images/unused"],
  [
    AIRFLOW_BASE,
    "configurations:",
    "images:\n  - name: «airflow\n    newTag: unbuilt\nconfigurations:",
    "images/in-base",
  ],
  [
    POSTGRES,
    "image: docker.io/library/postgres:15-bookworm\n          # Not",
    "image: «docker.io/library/redis:8\n          # Not",
    "images/no-entry",
  ],
  // Policies
  [ROLES, "verbs: [create, get, list, watch, patch, delete]", 'verbs: [«"*"]', "policy/wildcard-verbs"],
  [POSTGRES, "emptyDir: { sizeLimit: 64Mi }", "«hostPath: { path: /tmp }", "policy/host-path"],
  [
    POSTGRES,
    "        runAsNonRoot: true\n",
    "",
    "policy/run-as-non-root",
    { file: POSTGRES, text: "        runAsUser: 999" },
  ],
  [
    POSTGRES,
    "enableServiceLinks: false",
    "enableServiceLinks: false\n      «hostNetwork: true",
    "policy/host-namespaces",
  ],
  [
    SCHEDULER,
    '            limits: { cpu: "1", memory: 640Mi }\n',
    "",
    "policy/limits",
    { file: SCHEDULER, text: "requests:" },
  ],
  [
    SCHEDULER,
    "args: [airflow, scheduler, --skip-serve-logs]",
    'args: [airflow, scheduler, --skip-serve-logs]\n          env: [{ name: API_TOKEN, value: «"x8Kq2pLm0Zr4" }]',
    "policy/plain-secret",
  ],
  [
    AIRFLOW_OVERLAY,
    "      - AWS_DEFAULT_REGION=us-east-1\n",
    "      - AWS_DEFAULT_REGION=us-east-1\n      - «ADMIN_PASSWORD=x8Kq2pLm0Zr4\n",
    "policy/plain-secret",
  ],
  [
    ACCOUNTS,
    "  name: airflow-triggerer\n  namespace: orchestrator\n",
    "  name: airflow-triggerer\n  namespace: orchestrator\n  annotations:\n    «validate.wavehouse.dev/except.policy.limits: it needs none\n",
    "exception/unused",
  ],
  [
    ACCOUNTS,
    "  name: airflow-triggerer\n  namespace: orchestrator\n",
    "  name: airflow-triggerer\n  namespace: orchestrator\n  annotations:\n    «validate.wavehouse.dev/except.policy.limit: none\n",
    "exception/unknown-rule",
  ],
  [
    API_SERVER,
    "kind: PodDisruptionBudget",
    "kind: PodDisruptionBudgett",
    "manifest/no-schema",
    { file: API_SERVER, text: "apiVersion: policy/v1" },
  ],
  // The environment and its versions
  [VERSIONS, "spark: 4.1.3", "spark: «4.1", "versions/shape"],
  [VERSIONS, "delta: 4.4.0", "«dleta: 4.4.0", "versions/unknown"],
];

/**
 * Mistakes that people make, and that a generator would not think of.
 *
 * @param files the repository's text by path
 */
export function mistakesByHand(files: Readonly<Record<string, string>>): Mistake[] {
  const rows = ROWS.map(([file, from, to, rule, at]) =>
    replaced(files, { file, from, to, rule, ...(at === undefined ? {} : { at }) }),
  );
  return [...rows, ...bytesOfMistakes(files)];
}
