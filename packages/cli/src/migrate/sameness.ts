import { diffObjects, isSameValue, type KubeObject, pointerTokens } from "@sallyport/kube";
import { containersOf, effectiveContext, type PodSpec } from "@sallyport/node";

/** How a pod came out twice: alike, alike in all that takes effect, or different in these fields. */
export type Sameness = "equal" | "same in effect" | readonly Difference[];

export interface Difference {
  /** Of a container: `app: runAsUser`; else a path. */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: pods are looked into
type Fields = any;

/** What a PodSecurityPolicy notes on a pod, and what fields say since: of seccomp and of AppArmor. */
const leftBehind =
  /^(kubernetes\.io\/psp$|(container\.)?seccomp\.security\.alpha\.kubernetes\.io\/|container\.apparmor\.security\.beta\.kubernetes\.io\/)/;

/** Compares what admission made of a pod before with what it makes of it now. */
export function sameness(before: KubeObject, after: KubeObject): Sameness {
  const [old, now] = [comparable(before), comparable(after)];
  if (isSameValue(old, now)) return "equal";
  const differences = [...contextDifferences(old.spec, now.spec), ...otherDifferences(old, now)];
  return differences.length === 0 ? "same in effect" : differences;
}

interface Comparable {
  readonly annotations: { readonly [key: string]: string };
  readonly spec: PodSpec;
}

function comparable({ metadata, spec }: KubeObject): Comparable {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !leftBehind.test(key));
  // The volume of a service account's token has a name of chance.
  const text = JSON.stringify(spec ?? {}).replaceAll(/"kube-api-access-[a-z0-9]{5}"/g, '"kube-api-access"');
  return { annotations: Object.fromEntries(annotations), spec: JSON.parse(text) as PodSpec };
}

/** What differs in effect and as it is written: who runs as a user is not told once more as somebody who is not root. */
function contextDifferences(before: PodSpec, after: PodSpec): readonly Difference[] {
  const now = new Map(contextsOf(after).map((each) => [each.field, each]));
  return contextsOf(before).flatMap(({ field, value, effect }) => {
    const next = now.get(field);
    const isAlike =
      isSameValue(effect ?? null, next?.effect ?? null) || isSameValue(value ?? null, next?.value ?? null);
    return isAlike ? [] : [{ field, before: effect, after: next?.effect }];
  });
}

function contextsOf(spec: PodSpec) {
  return containersOf(spec).flatMap(([container, path]) => {
    const fields = effectiveContext(spec, container, path);
    const user = fields.find(({ field }) => field === "runAsUser")?.value;
    return fields.map(({ field, value }) => ({
      field: `${container.name}: ${field}`,
      value,
      effect: takingEffect(field, value, user),
    }));
  });
}

/** Lists of capabilities have no order; who runs as a user of a known number is known not to be root. */
function takingEffect(field: string, value: unknown, user: unknown): unknown {
  if (field.startsWith("capabilities.")) return [...((value ?? []) as readonly string[])].sort();
  return field === "runAsNonRoot" && typeof user === "number" && user > 0 ? true : value;
}

function otherDifferences(before: Comparable, after: Comparable): readonly Difference[] {
  const [old, now] = [withoutContexts(before), withoutContexts(after)];
  return diffObjects(old as Fields, now as Fields).map(({ path }) => ({
    field: path.slice(1).replaceAll("/", "."),
    before: valueAt(old, path),
    after: valueAt(now, path),
  }));
}

function withoutContexts({ annotations, spec }: Comparable): object {
  const bare = (list: readonly Fields[] | undefined) => list?.map(({ securityContext: _, ...rest }) => rest);
  const { securityContext: _, containers, initContainers, ephemeralContainers, ...rest } = spec;
  return {
    annotations,
    spec: {
      ...rest,
      containers: bare(containers),
      ...(initContainers === undefined ? {} : { initContainers: bare(initContainers) }),
      ...(ephemeralContainers === undefined ? {} : { ephemeralContainers: bare(ephemeralContainers) }),
    },
  };
}

function valueAt(holder: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce<Fields>((at, key) => at?.[key], holder);
}
