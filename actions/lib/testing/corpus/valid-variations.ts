import type { Files } from "./corpus-repository.ts";

const BREWERIES = "pipelines/breweries/pipeline.yaml";
const SHOP = "pipelines/ecommerce/pipeline.yaml";
const TELECOMS = "pipelines/telecoms/pipeline.yaml";
const COURSES = "pipelines/course-telemetry/pipeline.yaml";
const SALES = "pipelines/ecommerce/gold/sales_daily.sql";
const CUSTOMERS = "pipelines/ecommerce/gold/customer_360.sql";
const USAGE = "pipelines/telecoms/gold/usage_by_tariff.sql";
const COUNTS = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const POSTGRES = "manifests/database/postgres/stateful-set.yaml";
const SERVICE = "manifests/database/postgres/service.yaml";
const SCHEDULER = "manifests/orchestrator/airflow/scheduler.yaml";
const ROLES = "manifests/orchestrator/airflow/roles.yaml";
const ACCOUNTS = "manifests/orchestrator/airflow/service-accounts.yaml";
const APPLICATION = "apps/platform/postgres.yaml";
const POSTGRES_OVERLAY = "overlays/local/database/postgres/kustomization.yaml";
const AIRFLOW_OVERLAY = "overlays/local/orchestrator/airflow/kustomization.yaml";
const OVERLAY = "overlays/local/kustomization.yaml";
const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

/** File, what stands there, and what may stand there too. */
const ROWS: readonly (readonly [file: string, from: string, to: string])[] = [
  [BREWERIES, '"@daily"', "'@daily'"],
  [BREWERIES, '"@daily"', '"@hourly"'],
  [BREWERIES, 'schedule: "@daily"', 'schedule: "*/15 6-18 * * mon-fri"'],
  [BREWERIES, 'schedule: "@daily"', 'schedule: { cron: "0 4 1,15 * *", timezone: UTC }'],
  [BREWERIES, "keys: [id]", "keys:\n        - id"],
  [
    BREWERIES,
    "        phone: string\n",
    '        phone: { type: string, description: "As they answer it: with spaces." }\n',
  ],
  [BREWERIES, "      partitionBy: [country]\n", ""],
  [BREWERIES, "      contract: { newColumns: evolve }\n", ""],
  [BREWERIES, "severity: fail }", "severity: quarantine }"],
  [BREWERIES, "rule: latitude between -90 and 90", 'rule: "abs(latitude) <= 90"'],
  [BREWERIES, "rule: name is not null", "rule: length(trim(name)) > 0"],
  [BREWERIES, '  alerts: { slack: "#data-alerts" }\n', ""],
  [BREWERIES, "  description: Breweries of the world", "  description: Cervecerías del mundo, 世界のビール,"],
  [BREWERIES, "kind: Pipeline", "kind: Pipeline # of beer"],
  [BREWERIES, "metadata:", "metadata: # whose it is"],
  [SHOP, "Europe/Madrid }\n  storage", "America/Argentina/Buenos_Aires }\n  storage"],
  [SHOP, "lag: 15m,", "lag: 2h,"],
  [SHOP, "transform: bucket, width: 16", "transform: bucket, width: 32"],
  [SHOP, "transform: day", "transform: hour"],
  [SHOP, "tags: [sales, finance]", "tags:\n    - sales\n    - finance"],
  [SHOP, "pii: { method: partial, keepLast: 3 }", "pii: { method: drop }"],
  [TELECOMS, "from: Tariff code", 'from: "Tariff code"'],
  [
    TELECOMS,
    "wavehouse://mediation/bronze/call_records",
    "wavehouse://breweries/gold/breweries_by_type_and_location",
  ],
  [TELECOMS, "wavehouse://mediation/bronze/call_records", "s3://mediation-exports/cdr"],
  [COURSES, "maxActiveRuns: 4", "maxActiveRuns: 1"],
  [COUNTS, "FROM silver.breweries\n", "FROM silver.breweries AS b\n"],
  [COUNTS, "SELECT\n  country", "select\n  country"],
  [COUNTS, "count(*) AS breweries", "count(*) AS `breweries`"],
  [COUNTS, "-- Breweries by", "/* All of them; (unclosed */ -- Breweries by"],
  [SALES, "FROM silver.orders AS o", "FROM iceberg.silver.orders o"],
  [SALES, "WITH refunded AS (", "WITH refunded (order_id, amount) AS ("],
  [SALES, "count(DISTINCT o.order_id) AS orders", "count(DISTINCT o.ORDER_ID) AS orders"],
  [SALES, "o.order_day,\n  p.category", "order_day,\n  category"],
  [SALES, "count(DISTINCT o.order_id) AS orders", "count(DISTINCT order_id) AS orders"],
  [CUSTOMERS, "ntile(4)", "NTile(4)"],
  [CUSTOMERS, "ELSE 'low'", "ELSE 'it''s low'"],
  [CUSTOMERS, "LEFT JOIN spent s ON s.customer_id = c.customer_id", "LEFT JOIN spent s USING (customer_id)"],
  [USAGE, 'as "minutes"', 'as "min utes"'],
  [POSTGRES, "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 90"],
  [POSTGRES, "replicas: 1", "replicas: 1\n  revisionHistoryLimit: 3"],
  [
    POSTGRES,
    "resources: { requests: { storage: 5Gi } }",
    "resources: { requests: { storage: 10737418240 } }",
  ],
  [
    POSTGRES,
    "        seccompProfile: { type: RuntimeDefault }",
    "        seccompProfile:\n          type: RuntimeDefault",
  ],
  [SERVICE, "targetPort: postgres", "targetPort: 5432"],
  [SERVICE, "spec:\n", "spec:\n  type: ClusterIP\n"],
  [SCHEDULER, "periodSeconds: 30", "periodSeconds: 20"],
  [
    SCHEDULER,
    "            - secretRef: { name: airflow-database }",
    "            - secretRef: { name: airflow-database, optional: false }\n            - secretRef: { name: not-there, optional: true }",
  ],
  [
    SCHEDULER,
    "    spec:\n      serviceAccountName",
    "    spec:\n      priorityClassName: system-cluster-critical\n      serviceAccountName",
  ],
  [ROLES, "verbs: [create, get, list, watch, patch, delete]", "verbs: [create, get]"],
  [
    ACCOUNTS,
    "  name: airflow-triggerer\n  namespace: orchestrator\n",
    "  name: airflow-triggerer\n  namespace: orchestrator\n  annotations: { team: data }\n",
  ],
  [APPLICATION, 'sync-wave: "2"', 'sync-wave: "3"'],
  [APPLICATION, "limit: -1", "limit: 5"],
  [POSTGRES_OVERLAY, "newTag: unbuilt", `newTag: t1\n    digest: ${DIGEST}`],
  [AIRFLOW_OVERLAY, "      - AWS_DEFAULT_REGION=us-east-1\n", "      - AWS_DEFAULT_REGION=eu-south-2\n"],
  [OVERLAY, "  - cicd\n  - cicd/argo-cd\n", "  - cicd/argo-cd\n  - cicd\n"],
];

/**
 * What somebody may change without a mistake.
 *
 * @param files the repository's text by path
 */
export function validVariations(files: Readonly<Record<string, string>>): { name: string; changes: Files }[] {
  const replaced = ROWS.map(([file, from, to]) => {
    const text = files[file];
    if (text?.includes(from) !== true) throw new Error(`${file} does not hold ${from}`);
    const name = `${file}: ${to.replaceAll(/\s+/g, " ").slice(0, 60).trim() || `without ${from.trim()}`}`;
    return { name, changes: { [file]: text.replace(from, () => to) } };
  });
  const text = files[BREWERIES] ?? "";
  return [
    ...replaced,
    { name: "CRLF", changes: { [BREWERIES]: text.replaceAll("\n", "\r\n") } },
    { name: "a base with CRLF", changes: { [SERVICE]: (files[SERVICE] ?? "").replaceAll("\n", "\r\n") } },
    { name: "a byte-order mark", changes: { [BREWERIES]: `\uFEFF${text}` } },
    {
      name: "a byte-order mark in an overlay",
      changes: { [POSTGRES_OVERLAY]: `\uFEFF${files[POSTGRES_OVERLAY]}` },
    },
    {
      name: "a path with spaces and unicode",
      changes: { "pipelines/breweries/sample/más cervezas.json": "[]\n" },
    },
  ];
}
