import {
  type AdmittedPod,
  applyMutators,
  defaultText,
  evaluatePod,
  gatekeeperMutators,
  joinFindings,
  type Level,
  type LostMutations,
  lostMutations,
  mutatingAdmissionPolicies,
  rulesOf,
  rulesWithoutLevel,
  type UserInfo,
} from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";
import { InputError, type Manifest } from "../manifests.ts";
import { type Sameness, sameness } from "./sameness.ts";
import { decideWorkloads, type Verdict } from "./verdicts.ts";
import { type Workload, workloadsOf } from "./workloads.ts";

/** What the mutations of PodSecurityPolicies become. */
export type Replacement = "map" | "gatekeeper" | "none";

export interface MigrationOptions {
  readonly as: Replacement;
  /** Whoever creates pods that no controller creates. */
  readonly user: UserInfo;
  /** Of objects that name none. */
  readonly namespace: string;
  /** Of the levels: 1.`version`, or the newest. */
  readonly version: number | "latest";
}

/** A workload's pod, as PodSecurityPolicies decide it, and as the level decides it with what stands for their mutations. */
export interface Proof {
  readonly kind: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly before: {
    readonly allowed: boolean;
    /** The PodSecurityPolicy that admitted it. */
    readonly policy?: string;
    readonly message?: string;
  };
  /** With the level: of a pod that was refused, whether it would be let in now. */
  readonly after: { readonly allowed: boolean; readonly message?: string };
  /** Absent unless it was admitted both times. */
  readonly mutation?: Sameness;
  readonly proven: boolean;
}

export interface NamespaceMigration {
  readonly namespace: string;
  readonly level: Level;
  /** What keeps the namespace from the next stricter level. */
  readonly because: readonly { readonly workload: string; readonly refusal: string }[];
  readonly workloads: readonly Proof[];
}

export interface PolicyMigration {
  readonly policy: string;
  /** Where it admitted pods. */
  readonly namespaces: readonly string[];
  /** What it sets on pods that say nothing. */
  readonly sets: readonly string[];
  /** What does it instead: `MutatingAdmissionPolicy/psp-restricted`. */
  readonly instead: readonly string[];
  /** What it asks, and the levels of its namespaces do not. */
  readonly asks: readonly string[];
}

export interface Migration {
  readonly namespaces: readonly NamespaceMigration[];
  /** Namespaces in which nothing runs: they get no level, as nothing was admitted that would tell it. */
  readonly withoutWorkloads: readonly string[];
  readonly policies: readonly PolicyMigration[];
  /** For kubectl apply: namespaces with their labels, and what stands for the mutations. */
  readonly manifests: readonly KubeObject[];
  readonly notes: readonly string[];
  /** All that was admitted is admitted still, and comes out alike. */
  readonly proven: boolean;
}

const replacements: { readonly [as in Replacement]: (lost: LostMutations) => readonly KubeObject[] } = {
  map: mutatingAdmissionPolicies,
  gatekeeper: gatekeeperMutators,
  none: () => [],
};

/** What decisions depend on beside the pod. */
const groundKinds: readonly string[] = [
  "Namespace",
  "ServiceAccount",
  "Role",
  "ClusterRole",
  "RoleBinding",
  "ClusterRoleBinding",
  "PodSecurityPolicy",
];

/** Replaces PodSecurityPolicies by PodSecurity's levels, and proves it on each workload. Throws `InputError`. */
export async function migratePodSecurityPolicies(
  manifests: readonly Manifest[],
  options: MigrationOptions,
): Promise<Migration> {
  const ground = manifests.filter(({ value }) => groundKinds.includes(String(value["kind"])));
  const policies = ofKind(ground, "PodSecurityPolicy");
  if (policies.length === 0) throw new InputError("no PodSecurityPolicy there");
  const workloads = workloadsOf(manifests, options.namespace);
  const before = await decideWorkloads(ground, workloads, { ...options, plugins: ["PodSecurityPolicy"] });
  const admitted = admittedPods(workloads, before);
  const levels = [...new Set(workloads.map(({ namespace }) => namespace))]
    .sort()
    .map((namespace) => chooseLevel(namespace, admitted, options.version));
  const by = options.as === "gatekeeper" ? (["labels"] as const) : (["serviceAccounts", "labels"] as const);
  const lost = lostMutations(
    admitted.map(({ pod }) => pod),
    policies,
    by,
  );
  const replaced = { levels, lost, ground, workloads };
  const { manifests: made, verdicts: after } = await decideReplaced(replaced, options);
  const proofs = workloads.map((each, i) => proofOf(each, before[i] as Verdict, after[i] as Verdict));
  const withoutWorkloads = namespacesOf(ground).filter((each) => !levels.some(({ namespace }) => namespace === each));
  return {
    namespaces: levels.map((each) => ({
      ...each,
      workloads: proofs.filter((_, i) => workloads[i]?.namespace === each.namespace),
    })),
    withoutWorkloads,
    policies: policies.map((policy) => policyMigration(policy, admitted, levels, lost, options.as)),
    manifests: made,
    notes: [...notesOn(ground, workloads, before, admitted), ...noteOnEmpty(withoutWorkloads)],
    proven: proofs.every(({ proven }) => proven),
  };
}

function ofKind(manifests: readonly Manifest[], kind: string): readonly KubeObject[] {
  return manifests.filter(({ value }) => value["kind"] === kind).map(({ value }) => value as never);
}

/** The namespaces that are there, and those that something is said to be in. */
function namespacesOf(ground: readonly Manifest[]): readonly string[] {
  const names = ground.flatMap(({ value }) => {
    const { kind, metadata } = value as unknown as KubeObject;
    const name = kind === "Namespace" ? metadata?.name : metadata?.namespace;
    return name === undefined ? [] : [name];
  });
  return [...new Set(names)].sort();
}

interface Admitted {
  readonly workload: Workload;
  readonly pod: AdmittedPod;
}

function admittedPods(workloads: readonly Workload[], before: readonly Verdict[]): readonly Admitted[] {
  return workloads.flatMap((workload, i) => {
    const { allowed, decision } = before[i] as Verdict;
    const admitted = decision?.object;
    if (!allowed || !admitted) return [];
    const policy = admitted.metadata.annotations?.["kubernetes.io/psp"] ?? "";
    return [
      { workload, pod: { namespace: workload.namespace, policy, written: workload.pod.value as never, admitted } },
    ];
  });
}

type ChosenLevel = Omit<NamespaceMigration, "workloads">;

const strictestFirst: readonly Level[] = ["restricted", "baseline", "privileged"];

/** The strictest level that admits all that was admitted; where nothing was, nothing is lost by the strictest. */
function chooseLevel(namespace: string, admitted: readonly Admitted[], version: number | "latest"): ChosenLevel {
  const here = admitted.filter(({ pod }) => pod.namespace === namespace);
  let because: ChosenLevel["because"] = [];
  for (const level of strictestFirst) {
    const refused = here.flatMap(({ workload, pod }) => {
      const findings = evaluatePod(level, version, pod.admitted.metadata, pod.admitted["spec"] as never);
      const refusal = joinFindings(findings);
      return refusal === "" ? [] : [{ workload: `${workload.kind}/${workload.name}`, refusal }];
    });
    if (refused.length === 0) return { namespace, level, because };
    because = refused;
  }
  throw new Error("privileged refuses nothing");
}

/** What replaces the policies, and what it decides. */
async function decideReplaced(
  {
    levels,
    lost,
    ground,
    workloads,
  }: {
    readonly levels: readonly ChosenLevel[];
    readonly lost: readonly LostMutations[];
    readonly ground: readonly Manifest[];
    readonly workloads: readonly Workload[];
  },
  options: MigrationOptions,
): Promise<{ readonly manifests: readonly KubeObject[]; readonly verdicts: readonly Verdict[] }> {
  const namespaces = levels.map((each) => labelled(each, ofKind(ground, "Namespace"), options.version));
  const made = lost.flatMap(replacements[options.as]);
  // The server does what policies say; mutators are applied before a pod comes to it, as by a webhook.
  const mutators = options.as === "gatekeeper" ? made : [];
  const policies = options.as === "gatekeeper" ? [] : made;
  const replaced = new Set(namespaces.map(({ metadata }) => metadata.name));
  const kept = ground.filter(
    ({ value }) =>
      value["kind"] !== "PodSecurityPolicy" &&
      !(value["kind"] === "Namespace" && replaced.has((value as unknown as KubeObject).metadata.name)),
  );
  const given = [...namespaces, ...policies].map((value, line) => ({ file: "migrated", line, value: value as never }));
  const verdicts = await decideWorkloads(
    [...given, ...kept],
    workloads.map((each) => ({ ...each, pod: mutatedBy(mutators, each) })),
    { ...options, plugins: ["MutatingAdmissionPolicy", "PodSecurity"] },
  );
  return { manifests: [...namespaces.map(forApply), ...made], verdicts };
}

const prefix = "pod-security.kubernetes.io/enforce";

function labelled(
  { namespace, level }: ChosenLevel,
  given: readonly KubeObject[],
  version: number | "latest",
): KubeObject {
  const found = given.find(({ metadata }) => metadata.name === namespace);
  const labels = {
    ...found?.metadata.labels,
    [prefix]: level,
    [`${prefix}-version`]: version === "latest" ? "latest" : `v1.${version}`,
  };
  return { apiVersion: "v1", kind: "Namespace", metadata: { ...found?.metadata, name: namespace, labels } };
}

/** The labels that are new alone: kubectl apply leaves the others as they are. */
function forApply({ apiVersion, kind, metadata: { name, labels = {} } }: KubeObject): KubeObject {
  const own = Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith(prefix)));
  return { apiVersion, kind, metadata: { ...(name === undefined ? {} : { name }), labels: own } };
}

function mutatedBy(mutators: readonly KubeObject[], { pod, namespace }: Workload): Manifest {
  if (mutators.length === 0) return pod;
  const object = pod.value as unknown as KubeObject;
  const placed = { ...object, metadata: { ...object.metadata, namespace } };
  return { ...pod, value: applyMutators(mutators, placed) as never };
}

function proofOf({ kind, name, manifest: { file, line } }: Workload, before: Verdict, after: Verdict): Proof {
  const workload = { kind, name, file, line };
  const told = ({ allowed, message }: Verdict) => ({ allowed, ...(message === undefined ? {} : { message }) });
  if (!before.allowed) return { ...workload, before: told(before), after: told(after), proven: true };
  const [old, now] = [before.decision?.object, after.decision?.object];
  const policy = old?.metadata.annotations?.["kubernetes.io/psp"] ?? "";
  const decided = { ...workload, before: { ...told(before), policy }, after: told(after) };
  if (!after.allowed || !old || !now) return { ...decided, proven: false };
  const mutation = sameness(old, now);
  return { ...decided, mutation, proven: typeof mutation === "string" };
}

function policyMigration(
  policy: KubeObject,
  admitted: readonly Admitted[],
  levels: readonly ChosenLevel[],
  lost: readonly LostMutations[],
  as: Replacement,
): PolicyMigration {
  const name = policy.metadata.name ?? "";
  const namespaces = [...new Set(admitted.filter(({ pod }) => pod.policy === name).map(({ pod }) => pod.namespace))];
  const mine = lost.filter((each) => each.policy === name);
  const ofItsLevels = levels
    .filter(({ namespace }) => namespaces.includes(namespace))
    .flatMap(({ level }) => rulesWithoutLevel(rulesOf(policy), level));
  const fromAnnotations = mine.some(({ seccompAnnotations }) => seccompAnnotations)
    ? ["seccompProfile: as annotations of pods say, which nothing reads any more"]
    : [];
  return {
    policy: name,
    namespaces: namespaces.sort(),
    sets: [...fromAnnotations, ...new Set(mine.flatMap(({ defaults }) => defaults.map(defaultText)))],
    instead: mine
      .flatMap(replacements[as])
      .flatMap(({ kind, metadata: { name: own } }) => (kind.endsWith("Binding") ? [] : [`${kind}/${own}`])),
    asks: [...new Set(ofItsLevels)],
  };
}

/** What somebody who reads the result must know of how it came about. */
function notesOn(
  ground: readonly Manifest[],
  workloads: readonly Workload[],
  before: readonly Verdict[],
  admitted: readonly Admitted[],
): readonly string[] {
  const hasBindings = ground.some(({ value }) => /^(Cluster)?RoleBinding$/.test(String(value["kind"])));
  const isNobodyAllowed = workloads.length > 0 && before.every(({ allowed }) => !allowed);
  const isRestricted = admitted.some(({ pod }) => pod.policy === "");
  return [
    ...(workloads.length === 0
      ? ["no pod and no workload there: nothing was admitted, and nothing can be proven"]
      : []),
    ...(isNobodyAllowed && !hasBindings
      ? ["nobody may use a policy: give the roles and bindings that grant `use` of podsecuritypolicies, too"]
      : []),
    ...(isRestricted ? ["some pods were admitted without a policy"] : []),
  ];
}

function noteOnEmpty(namespaces: readonly string[]): readonly string[] {
  if (namespaces.length === 0) return [];
  return [
    `no workload in ${namespaces.join(", ")}: nothing tells a level, and without one anything is admitted there once the policies are gone. ` +
      `Where nothing else is known: kubectl label namespace ${namespaces.join(" ")} ${prefix}=restricted`,
  ];
}
