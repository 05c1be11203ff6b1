import type { ChainOptions, Decision, Level, PolicySource } from "@sallyport/admission";
import { evaluatePod, joinFindings } from "@sallyport/admission";
import {
  containersOf,
  type EffectiveField,
  effectiveContext,
  type KernelView,
  kernelView,
  type PodSpec,
} from "@sallyport/node";
import { type CheckResult, checkManifests } from "./check/checker.ts";
import type { Manifest } from "./manifests.ts";
import { decodedPodManifest, podPrefix } from "./pod-manifest.ts";

/** A field as it takes effect, with who set it where that was admission. */
export interface ToldField extends EffectiveField {
  /** The admission plugins that put the value there. */
  readonly by?: readonly string[];
}

/** A container, and all that is to be told of it. */
export interface ContainerReport {
  readonly container: string;
  readonly fields: readonly ToldField[];
  /** Absent for Windows. */
  readonly kernel?: KernelView;
}

/** A pod, or a workload by its pod. */
export interface PodReport {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly name: string;
  readonly containers: readonly ContainerReport[];
  /** What each level of PodSecurity has against the pod; nothing where it admits it. */
  readonly refusals: { readonly [level in Exclude<Level, "privileged">]: readonly string[] };
  /** Why the pod was not admitted: the fields are then as they were written. */
  readonly denied?: string;
}

export interface SecurityContextOptions {
  readonly policies: readonly PolicySource[];
  readonly chain: ChainOptions;
  readonly namespace: string;
  /** Of PodSecurity's levels: 1.`minor`. */
  readonly minor: number;
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into
type Fields = any;

/** What becomes of the security contexts of all containers, also by what else the files hold: policies, namespaces, PodSecurityPolicies. */
export async function securityContexts(
  manifests: readonly Manifest[],
  options: SecurityContextOptions,
): Promise<readonly PodReport[]> {
  const pods = manifests.flatMap((manifest) => {
    const pod = decodedPodManifest(manifest);
    return pod === undefined ? [] : [{ pod, manifest }];
  });
  const workloads = new Set(pods.map(({ manifest }) => manifest));
  const others = manifests.filter((each) => !workloads.has(each));
  const user = { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
  const { results } = await checkManifests([...others, ...pods.map(({ pod }) => pod)], { ...options, user });
  return pods.map(({ pod, manifest }, i) =>
    reportOf(pod, manifest, results[others.length + i] as CheckResult, options),
  );
}

function reportOf(
  pod: Manifest,
  manifest: Manifest,
  { verdict, message, decision }: CheckResult,
  { minor }: SecurityContextOptions,
): PodReport {
  const { file, line, value } = manifest;
  const { metadata = {}, spec: written } = pod.value as { readonly metadata?: Fields; readonly spec: PodSpec };
  const admitted = verdict === "allowed" ? (decision?.object?.["spec"] as PodSpec | undefined) : undefined;
  const spec = admitted ?? written;
  const refusalsOf = (level: Level) =>
    evaluatePod(level, minor, metadata, spec as Fields).map((finding) => joinFindings([finding]));
  const refusals = { baseline: refusalsOf("baseline"), restricted: refusalsOf("restricted") };
  const report = {
    file,
    line,
    kind: String(value["kind"]),
    name: String((value as Fields).metadata?.name ?? ""),
    containers: containersIn(written, spec, podPrefix(manifest), decision),
    refusals,
  };
  return verdict === "allowed" ? report : { ...report, denied: message ?? "" };
}

function containersIn(
  written: PodSpec,
  spec: PodSpec,
  prefix: string,
  decision: Decision | undefined,
): readonly ContainerReport[] {
  const before = new Map(
    containersOf(written).map(([container, path]) => [container.name, effectiveContext(written, container, path)]),
  );
  const isWindows = (spec["os"] as { readonly name?: string } | undefined)?.name === "windows";
  return containersOf(spec).map(([container, path]) => {
    const effective = effectiveContext(spec, container, path);
    const fields = effective.map((field): ToldField => {
      const old = before.get(container.name)?.find((each) => each.field === field.field);
      const isSet = JSON.stringify(old?.value) !== JSON.stringify(field.value);
      const by = isSet ? pluginsOf(decision, field.path) : [];
      const told = { ...field, path: `${prefix}${field.path}` };
      return by.length === 0 ? told : { ...told, by };
    });
    const report = { container: container.name, fields };
    return isWindows ? report : { ...report, kernel: kernelView(effective) };
  });
}

/** The plugins whose patches touched a place, or what holds it. */
function pluginsOf(decision: Decision | undefined, path: string): readonly string[] {
  const pointer = `/${path.replaceAll(/\[(\d+)\]/g, ".$1").replaceAll(".", "/")}`;
  const touches = (patched: string) =>
    pointer === patched || pointer.startsWith(`${patched}/`) || patched.startsWith(`${pointer}/`);
  return (decision?.steps ?? [])
    .filter(({ patch = [] }) => patch.some((each) => touches(each.path)))
    .map(({ plugin }) => plugin);
}
