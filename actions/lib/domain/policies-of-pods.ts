import { imageFields } from "./image-fields.ts";
import { parseImageReference } from "./image-reference.ts";
import { pointTo } from "./json-pointer.ts";
import { fields, type Part, type PodTemplate, podTemplates } from "./pods.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import type { Policy, Violation } from "./rule.ts";

/** What pods may do on their node. */
export const POD_POLICIES: readonly Policy[] = [
  {
    id: "policy/latest-tag",
    severity: "error",
    reason:
      "What `latest` is today nobody can say tomorrow: a restart would run other code without a commit.",
    expected: "a tag that says the version, and a digest",
    fix: "Name the version.",
    check: (object) =>
      imageFields(object).flatMap(({ pointer, image }) =>
        parseImageReference(image)?.tag === "latest"
          ? [{ pointer, message: `runs \`${image}\`, whose tag is latest` }]
          : [],
      ),
  },
  {
    id: "policy/bitnami-image",
    severity: "error",
    reason: "Bitnami moved its images away in 2025; what is left of them gets no security fix.",
    expected: "the project's own image",
    fix: "Use the image that the project itself publishes.",
    check: (object) =>
      imageFields(object).flatMap(({ pointer, image }) =>
        /(^|\/)bitnami(legacy|secure)?\//.test(image)
          ? [{ pointer, message: `runs \`${image}\`, an image of Bitnami's` }]
          : [],
      ),
  },
  {
    id: "policy/limits",
    severity: "error",
    reason:
      "A container without limits can take the node from all others; without requests it is placed blindly.",
    expected: "resources with requests and limits of cpu and memory",
    fix: "Set what is missing.",
    check: inContainers(({ value, pointer }) => {
      const { requests, limits } = fields(value.resources);
      const missing = ["requests", "limits"].flatMap((kind) => {
        const set = fields(kind === "requests" ? requests : limits);
        // Kubernetes takes a limit for the request that is not set.
        const or = kind === "requests" ? fields(limits) : {};
        return ["cpu", "memory"]
          .filter((what) => (set[what] ?? or[what]) === undefined)
          .map((what) => `${kind}.${what}`);
      });
      if (missing.length === 0) return [];
      const at = value.resources === undefined ? pointer : pointTo(pointer, "resources");
      return [
        { pointer: at, message: `has no ${missing.join(", ")} for the container \`${String(value.name)}\`` },
      ];
    }),
  },
  {
    id: "policy/run-as-non-root",
    severity: "error",
    reason: "Who breaks out of a container as root is root on the node.",
    expected: "runAsNonRoot: true, and no runAsUser: 0",
    fix: "Set it in the pod's or the container's securityContext.",
    check: (object) => podTemplates(object).flatMap(runAsRoot),
  },
  {
    id: "policy/privileged",
    severity: "error",
    reason: "A privileged container is root on the node, with all of its devices.",
    expected: "privileged: false",
    fix: "Drop it; add the one capability that is needed.",
    check: inContainers(({ value, pointer }) =>
      fields(value.securityContext).privileged === true
        ? [
            {
              pointer: pointTo(pointer, "securityContext", "privileged"),
              message: `runs \`${String(value.name)}\` privileged`,
            },
          ]
        : [],
    ),
  },
  {
    id: "policy/pod-security",
    severity: "error",
    reason:
      "The namespaces enforce the `restricted` Pod Security level: the API server would refuse the pod.",
    expected: "allowPrivilegeEscalation: false, capabilities.drop: [ALL] and a seccompProfile",
    fix: "Set what is missing in the securityContext.",
    check: inContainers(({ value, pointer }, { security }) => {
      const own = fields(value.securityContext);
      if (own.privileged === true) return []; // told already, and more plainly
      const { drop, add } = fields(own.capabilities);
      const seccomp = fields(own.seccompProfile ?? security.value.seccompProfile).type;
      const missing = [
        own.allowPrivilegeEscalation === false ? "" : "allowPrivilegeEscalation: false",
        [drop].flat().includes("ALL") ? "" : "capabilities.drop: [ALL]",
        [add ?? []].flat().every((capability) => capability === "NET_BIND_SERVICE")
          ? ""
          : "capabilities.add without more than NET_BIND_SERVICE",
        seccomp === "RuntimeDefault" || seccomp === "Localhost" ? "" : "seccompProfile.type: RuntimeDefault",
      ].filter((text) => text !== "");
      if (missing.length === 0) return [];
      const at = value.securityContext === undefined ? pointer : pointTo(pointer, "securityContext");
      return [
        { pointer: at, message: `lacks ${missing.join(", ")} for the container \`${String(value.name)}\`` },
      ];
    }),
  },
  {
    id: "policy/host-path",
    severity: "error",
    reason:
      "A folder of the node outlives the pod, is shared with the kubelet, and is another one on the next node.",
    expected: "a PersistentVolumeClaim, an emptyDir, a ConfigMap or a Secret",
    fix: "Use one of those.",
    check(object) {
      const path = (volume: unknown): string =>
        `mounts the node's ${String(fields(fields(volume).hostPath).path)}`;
      if (object.kind === "PersistentVolume") {
        const spec = fields(object.spec);
        return spec.hostPath === undefined ? [] : [{ pointer: "/spec/hostPath", message: path(spec) }];
      }
      const volumes = podTemplates(object).flatMap((template) => template.volumes);
      const hostPaths = volumes.filter(({ value }) => value.hostPath !== undefined);
      const distinct = new Map(hostPaths.map((volume) => [volume.pointer, volume]));
      return [...distinct.values()].map(({ pointer, value }) => ({
        pointer: pointTo(pointer, "hostPath"),
        message: path(value),
      }));
    },
  },
  {
    id: "policy/host-namespaces",
    severity: "error",
    reason: "A pod in the node's namespaces sees the node's processes and traffic, past every NetworkPolicy.",
    expected: "hostNetwork, hostPID, hostIPC and hostPort left out",
    fix: "Leave it out.",
    check: (object) =>
      podTemplates(object).flatMap(({ spec, pointer, containers }) => [
        ...["hostNetwork", "hostPID", "hostIPC"]
          .filter((key) => spec[key] === true)
          .map((key) => ({ pointer: pointTo(pointer, key), message: `sets ${key}` })),
        ...containers.flatMap((container) =>
          [container.value.ports ?? []].flat().flatMap((port, index) =>
            fields(port).hostPort === undefined
              ? []
              : [
                  {
                    pointer: pointTo(container.pointer, "ports", index, "hostPort"),
                    message: "takes a port of the node",
                  },
                ],
          ),
        ),
      ]),
  },
];

function inContainers(
  check: (container: Part, template: PodTemplate) => Violation[],
): (object: RenderedObject) => Violation[] {
  return (object) =>
    podTemplates(object).flatMap((template) =>
      template.containers.flatMap((container) => check(container, template)),
    );
}

/** What all containers lack is told once, at the pod. */
function runAsRoot({ containers, security }: PodTemplate): Violation[] {
  const named = ({ value }: Part): string => `\`${String(value.name)}\``;
  const asRoot = containers.flatMap(({ value, pointer }): Violation[] => {
    const own = fields(value.securityContext).runAsUser;
    if ((own ?? security.value.runAsUser) !== 0) return [];
    const at = own === 0 ? pointTo(pointer, "securityContext") : security.pointer;
    return [{ pointer: pointTo(at, "runAsUser"), message: `runs ${named({ value, pointer })} as root` }];
  });
  if (asRoot.length > 0) return asRoot;
  const open = containers.filter(
    ({ value }) => (fields(value.securityContext).runAsNonRoot ?? security.value.runAsNonRoot) !== true,
  );
  const [first, ...more] = open;
  if (first === undefined) return [];
  const message = `may run ${open.map(named).join(", ")} as root`;
  if (more.length > 0 && Object.keys(security.value).length > 0)
    return [{ pointer: security.pointer, message }];
  const at =
    first.value.securityContext === undefined ? first.pointer : pointTo(first.pointer, "securityContext");
  return [{ pointer: at, message }];
}
