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
import { checkManifests } from "./check/checker.ts";
import type { Manifest } from "./manifests.ts";
import { podManifest } from "./pod-manifest.ts";

/** A field as it takes effect, with who set it where that was admission. */
export interface ToldField extends EffectiveField {
  /** The admission plugins that put the value there. */
  readonly by?: readonly string[];
}

/** A container, and all that is to be told of it. */
export interface ContainerReport {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly name: string;
  readonly container: string;
  readonly fields: readonly ToldField[];
  readonly kernel: KernelView;
  /** What each level of PodSecurity has against the pod; nothing where it admits it. */
  readonly refusals: { readonly [level in Exclude<Level, "privileged">]: string };
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
): Promise<readonly ContainerReport[]> {
  const pods = manifests.flatMap((manifest) => {
    const pod = podManifest(manifest);
    return pod === undefined ? [] : [{ pod, manifest }];
  });
  const workloads = new Set(pods.map(({ manifest }) => manifest));
  const others = manifests.filter((each) => !workloads.has(each));
  const all = [...others, ...pods.map(({ pod }) => pod)];
  const user = { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
  const { results } = await checkManifests(all, { ...options, user });
  return pods.flatMap(({ pod, manifest }, i) => {
    const result = results[others.length + i];
    return reportsOf(
      pod,
      manifest,
      result?.decision,
      result?.verdict === "allowed" ? undefined : result?.message,
      options,
    );
  });
}

function reportsOf(
  pod: Manifest,
  { file, line, value }: Manifest,
  decision: Decision | undefined,
  denied: string | undefined,
  { minor }: SecurityContextOptions,
): readonly ContainerReport[] {
  const written = (pod.value as Fields).spec as PodSpec;
  const admitted = denied === undefined ? (decision?.object?.["spec"] as PodSpec | undefined) : undefined;
  const spec = admitted ?? written;
  const metadata = (pod.value as Fields).metadata ?? {};
  const refusals = {
    baseline: joinFindings(evaluatePod("baseline", minor, metadata, spec as Fields)),
    restricted: joinFindings(evaluatePod("restricted", minor, metadata, spec as Fields)),
  };
  const before = new Map(
    containersOf(written).map(([container, path]) => [container.name, effectiveContext(written, container, path)]),
  );
  return containersOf(spec).map(([container, path]) => {
    const fields = effectiveContext(spec, container, path).map((field): ToldField => {
      const old = before.get(container.name)?.find((each) => each.field === field.field);
      const isSet = JSON.stringify(old?.value) !== JSON.stringify(field.value);
      const by = isSet ? pluginsOf(decision, field.path) : [];
      return by.length === 0 ? field : { ...field, by };
    });
    const shared = { file, line, kind: String(value["kind"]), name: String((value as Fields).metadata?.name ?? "") };
    const told = { ...shared, container: container.name, fields, kernel: kernelView(fields), refusals };
    return denied === undefined ? told : { ...told, denied };
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
