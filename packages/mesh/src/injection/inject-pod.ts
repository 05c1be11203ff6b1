import { applyStrategicMergePatch, findSchema, type KubeObject } from "@sallyport/kube";
import { annotationFaults } from "./annotations.ts";
import { holdingHook, holdsApplication } from "./hold-application.ts";
import { type InjectionStatus, overridesAnnotation, statusAnnotation, statusText } from "./injection-status.ts";
import { type Container, initContainer, isOwners, type Pod, proxyContainer } from "./pod.ts";
import { type AppProbers, rewriteProbes } from "./probes.ts";
import {
  proxyUser,
  rulesContainer,
  type SidecarSettings,
  sidecarContainer,
  sidecarVolumes,
  statusPortOf,
} from "./sidecar.ts";
import { uninjectPod } from "./uninject-pod.ts";

export type Injection =
  | { readonly outcome: "injected"; readonly pod: Pod; readonly warnings: readonly string[] }
  /** One line each: no sidecar can be made of what the pod says. */
  | { readonly outcome: "refused"; readonly faults: readonly string[] };

/** What stands for the image that the mesh gives. */
const autoImage = "auto";

/** Gives a pod its sidecar. A pod that has one gets it anew: the same settings make the same pod. */
export function injectPod(given: KubeObject, settings: SidecarSettings): Injection {
  const pod = uninjectPod(given as Pod);
  const annotations = pod.metadata.annotations ?? {};
  const faults = annotationFaults(annotations);
  if (faults.length > 0) return { outcome: "refused", faults };
  const [own, overrides] = withoutProxies(pod);
  const native = (annotations["sidecar.istio.io/nativeSidecar"] ?? String(settings.nativeSidecar)) === "true";
  const asked = probesOf(own, annotations);
  const proxy = overridden(sidecarContainer(own, asked.probers, settings), overrides);
  const rules = rulesContainer(own, settings);
  const volumes = sidecarVolumes(settings);
  const spec = {
    ...own.spec,
    ...placed(asked, proxy, rules, native, holdsApplication(annotations)),
    volumes: [...(own.spec.volumes ?? []), ...volumes],
  };
  const status = {
    initContainers: [...(rules === undefined ? [] : [initContainer]), ...(native ? [proxyContainer] : [])],
    containers: native ? [] : [proxyContainer],
    volumes: volumes.map(({ name }) => name),
    revision: settings.revision,
  };
  const metadata = marked(own, status, overrides);
  return { outcome: "injected", pod: { ...own, metadata, spec }, warnings: warningsOf(own) };
}

/** A container of the owner's by the sidecar's name says what the sidecar should be otherwise. */
function withoutProxies(pod: Pod): readonly [Pod, readonly Container[]] {
  const { containers, initContainers } = pod.spec;
  const isProxy = ({ name }: Container) => name === proxyContainer;
  const overrides = [...containers, ...(initContainers ?? [])].filter(isProxy);
  if (overrides.length === 0) return [pod, overrides];
  const others = initContainers?.filter((each) => !isProxy(each));
  const spec = {
    ...pod.spec,
    containers: containers.filter((each) => !isProxy(each)),
    ...(others === undefined ? {} : { initContainers: others }),
  };
  return [{ ...pod, spec }, overrides];
}

interface AskedContainers {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[] | undefined;
  readonly probers: AppProbers;
}

function probesOf({ spec }: Pod, annotations: { readonly [name: string]: string }): AskedContainers {
  const { containers, initContainers } = spec;
  const port = statusPortOf(annotations);
  const isOff = /^(0|f|F|FALSE|false|False)$/.test(annotations["sidecar.istio.io/rewriteAppHTTPProbers"] ?? "");
  if (isOff || port === 0) return { containers, initContainers, probers: {} };
  const [first, then] = [rewriteProbes(initContainers ?? [], port), rewriteProbes(containers, port)];
  return {
    containers: then.containers,
    initContainers: initContainers && first.containers,
    probers: { ...first.probers, ...then.probers },
  };
}

/**
 * A native sidecar begins before the pod's own init containers, after its rules. One that is none is a container like others, and comes
 * last, or first where the others are to wait for it; then the rules come last too, since init containers that are turned over to nobody reach nobody.
 */
function placed(
  { containers, initContainers }: AskedContainers,
  proxy: Container,
  rules: Container | undefined,
  native: boolean,
  holds: boolean,
): Pick<Pod["spec"], "containers" | "initContainers"> {
  const own = initContainers ?? [];
  const first = rules === undefined ? [] : [rules];
  if (native) return { containers, initContainers: [...first, { ...proxy, restartPolicy: "Always" }, ...own] };
  const held = { ...proxy, lifecycle: { ...holdingHook, ...proxy.lifecycle } };
  const all = { containers: holds ? [held, ...containers] : [...containers, proxy] };
  return initContainers === undefined && rules === undefined ? all : { ...all, initContainers: [...own, ...first] };
}

function overridden(proxy: Container, overrides: readonly Container[]): Container {
  const schema = findSchema("io.k8s.api.core.v1.Container");
  return overrides.reduce<Container>((made, { image = autoImage, ...rest }) => {
    const patch = image === autoImage ? rest : { ...rest, image };
    return applyStrategicMergePatch(made, patch, schema as NonNullable<typeof schema>) as unknown as Container;
  }, proxy);
}

function marked(
  { metadata, spec }: Pod,
  status: Omit<InjectionStatus, "labels" | "annotations">,
  overrides: readonly Container[],
): Pod["metadata"] {
  const labels = metadata.labels ?? {};
  const annotations = metadata.annotations ?? {};
  const [first] = spec.containers;
  const name = labels["app.kubernetes.io/name"] ?? labels["app"] ?? workloadName(metadata);
  const newLabels = absentFrom(labels, {
    "security.istio.io/tlsMode": "istio",
    ...(name === undefined ? {} : { "service.istio.io/canonical-name": name }),
    "service.istio.io/canonical-revision": labels["app.kubernetes.io/version"] ?? labels["version"] ?? "latest",
  });
  const newAnnotations = absentFrom(annotations, {
    "istio.io/rev": status.revision ?? "default",
    ...(first === undefined
      ? {}
      : {
          "kubectl.kubernetes.io/default-container": first.name,
          "kubectl.kubernetes.io/default-logs-container": first.name,
        }),
    ...(overrides.length === 0 ? {} : { [overridesAnnotation]: JSON.stringify({ containers: overrides }) }),
  });
  const told = statusText({ ...status, labels: Object.keys(newLabels), annotations: Object.keys(newAnnotations) });
  return {
    ...metadata,
    labels: { ...labels, ...newLabels },
    annotations: { ...annotations, ...newAnnotations, [statusAnnotation]: told },
  };
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const maxLabel = 63;

/** Of the Deployment whose pods are named after it, or of the pod. */
function workloadName({ name, generateName = "", labels = {} }: Pod["metadata"]): string | undefined {
  const hash = labels["pod-template-hash"];
  const tail = hash === undefined ? "-" : `-${hash}-`;
  const own = generateName.endsWith(tail) ? generateName.slice(0, -tail.length) : name;
  return own?.slice(0, maxLabel).replace(/[^A-Za-z0-9]+$/, "");
}

function absentFrom(given: { readonly [name: string]: string }, added: { readonly [name: string]: string }) {
  return Object.fromEntries(Object.entries(added).filter(([name]) => !Object.hasOwn(given, name)));
}

/** Whoever runs as the sidecar's user passes it by, and so do policies. */
function warningsOf({ spec }: Pod): readonly string[] {
  const ofPod = spec.securityContext?.runAsUser;
  return [...(spec.initContainers ?? []), ...spec.containers]
    .filter((each) => isOwners(each) && (each.securityContext?.runAsUser ?? ofPod) === proxyUser)
    .map(
      ({ name }) => `container ${name} runs as user ${proxyUser}, the sidecar's: what it sends is not seen by the mesh`,
    );
}
