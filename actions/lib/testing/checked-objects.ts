import { type CheckObjectsInput, checkObjects } from "../domain/check-objects.ts";
import { formatFinding } from "../domain/finding.ts";
import { ObjectSources } from "../domain/object-sources.ts";
import { parseRendered, type RenderedObject } from "../domain/rendered-objects.ts";
import type { WaveStep } from "../domain/waves.ts";

/** What Applications render, by `<wave> <name>`. */
export type Applications = Readonly<Record<string, string>>;

const NAMESPACE = "web";

/**
 * Checks objects as those of an environment `local` whose Applications render just this, each from one file
 * `manifests/<name>.yaml`.
 *
 * @param applications multi-document YAML by wave and name
 * @returns the findings, each as one line
 */
export function checkedObjects(applications: Applications): string[] {
  return checkObjects(readApplications(applications)).map(formatFinding);
}

/** @returns what `checkObjects` takes */
export function readApplications(applications: Applications): CheckObjectsInput {
  const tree = new Map<string, string>();
  const steps: WaveStep[] = [];
  const objects: RenderedObject[] = [];
  for (const [key, text] of Object.entries(applications)) {
    const [wave, application = ""] = key.split(" ");
    const own = parseRendered(text);
    tree.set(`manifests/${application}.yaml`, text);
    steps.push({ wave: Number(wave), application, namespace: NAMESPACE, objects: own });
    objects.push(...own);
  }
  const sources = new ObjectSources(tree, "local");
  return { environment: "local", objects, steps, tree, sources, found: [] };
}

const security =
  "{ allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault } }";

/** An environment in which nothing is wrong. Tests break one thing of it at a time. */
export const VALID = {
  "0 namespaces": "apiVersion: v1\nkind: Namespace\nmetadata: { name: web }\n",
  "1 secrets": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: externalsecrets.external-secrets.io }
spec: { group: external-secrets.io, names: { kind: ExternalSecret }, scope: Namespaced }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: clustersecretstores.external-secrets.io }
spec: { group: external-secrets.io, names: { kind: ClusterSecretStore }, scope: Cluster }
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: source-secrets }
spec: {}
`,
  "2 database": `apiVersion: v1
kind: Service
metadata: { name: postgres, namespace: web }
spec:
  selector: { app: postgres }
  ports: [{ name: sql, port: 5432, targetPort: sql }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: postgres, namespace: web }
spec:
  serviceName: postgres
  selector: { matchLabels: { app: postgres } }
  template:
    metadata: { labels: { app: postgres } }
    spec:
      securityContext: { runAsNonRoot: true }
      containers:
        - name: postgres
          image: postgres:15
          ports: [{ name: sql, containerPort: 5432 }]
          resources: { limits: { cpu: 1, memory: 1Gi } }
          securityContext: ${security}
`,
  "3 api": `apiVersion: v1
kind: ServiceAccount
metadata: { name: api, namespace: web }
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: api, namespace: web }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: source-secrets }
  target: { name: api-database }
  data: [{ secretKey: password, remoteRef: { key: database } }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: api-settings, namespace: web }
data: { LEVEL: info }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: api, namespace: web }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: api, namespace: web }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: api }
subjects: [{ kind: ServiceAccount, name: api, namespace: web }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: web
  annotations: {}
spec:
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec:
      serviceAccountName: api
      securityContext: { runAsNonRoot: true }
      containers:
        - name: api
          image: api:1
          resources: { limits: { cpu: 1, memory: 1Gi } }
          securityContext: ${security}
          env:
            - name: DATABASE
              value: postgresql://postgres.web.svc.cluster.local:5432/api
            - name: PASSWORD
              valueFrom: { secretKeyRef: { name: api-database, key: password } }
          envFrom:
            - configMapRef: { name: api-settings }
      volumes:
        - name: tmp
          emptyDir: {}
`,
} as const satisfies Applications;

/**
 * The valid environment with one text replaced by another.
 *
 * @param application key of the Application to change
 * @param from what is in its text; it is an error when that is not there
 * @param to what to put there
 */
export function broken(application: keyof typeof VALID, from: string, to: string): Applications {
  const text: string = VALID[application];
  if (!text.includes(from)) throw new Error(`${application} does not hold ${from}`);
  return { ...VALID, [application]: text.replace(from, () => to) };
}
