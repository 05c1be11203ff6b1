import { type Decision, pluginEntries, type UserInfo } from "@sallyport/admission";
import { bootstrapRbac, type KubeObject } from "@sallyport/kube";
import { type CheckResult, checkManifests } from "../check/checker.ts";
import { InputError, type Manifest } from "../manifests.ts";
import type { Workload } from "./workloads.ts";

/** What became of a workload's pod. */
export interface Verdict {
  readonly allowed: boolean;
  readonly message?: string;
  readonly decision?: Decision;
}

export interface DecideOptions {
  /** Beside those that every pod needs: its namespace's, its service account's. */
  readonly plugins: readonly string[];
  /** Whoever creates pods that no controller creates. */
  readonly user: UserInfo;
  readonly namespace: string;
}

/** Decides a pod of each workload by a chain of these plugins alone, with nothing else there than `ground`. Throws `InputError`. */
export async function decideWorkloads(
  ground: readonly Manifest[],
  workloads: readonly Workload[],
  { plugins, user, namespace }: DecideOptions,
): Promise<readonly Verdict[]> {
  const kept = ["NamespaceLifecycle", "ServiceAccount", ...plugins];
  const byDefault = pluginEntries.filter((each) => each.byDefault).map(({ name }) => name);
  const creators = new Map(workloads.map(({ pod, creator }) => [pod, creator]));
  const all = [...missingRoles(ground), ...ground, ...workloads.map(({ pod }) => pod)];
  const { results } = await checkManifests(all, {
    policies: [],
    chain: { enable: plugins, disable: byDefault.filter((name) => !kept.includes(name)) },
    user,
    userOf: (manifest) => creators.get(manifest),
    namespace,
  });
  const fault = results.slice(0, -workloads.length).find(({ verdict }) => verdict !== "allowed");
  if (fault !== undefined) throw new InputError(`${fault.file}:${fault.line}: ${fault.message}`);
  return results.slice(results.length - workloads.length).map(verdictOf);
}

/** Roles that every cluster has, and files seldom. */
function missingRoles(ground: readonly Manifest[]): readonly Manifest[] {
  const id = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ""} ${metadata.name}`;
  const given = new Set(ground.map(({ value }) => id(value as never)));
  return bootstrapRbac
    .filter((each) => !given.has(id(each)))
    .map((value, line) => ({ file: "the roles of every cluster", line, value: value as never }));
}

function verdictOf({ verdict, message, decision }: CheckResult): Verdict {
  return {
    allowed: verdict === "allowed",
    ...(message === undefined ? {} : { message }),
    ...(decision === undefined ? {} : { decision }),
  };
}
