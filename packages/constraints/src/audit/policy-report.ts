import type { KubeObject } from "@sallyport/kube";
import type { AuditViolation } from "./audit.ts";

/** Which of the two that tools read: that of the Policy Working Group, or its successor. */
export type ReportApi = "wgpolicyk8s.io" | "openreports.io";

const kinds: {
  readonly [api in ReportApi]: { readonly apiVersion: string; readonly namespaced: string; readonly cluster: string };
} = {
  "wgpolicyk8s.io": {
    apiVersion: "wgpolicyk8s.io/v1alpha2",
    namespaced: "PolicyReport",
    cluster: "ClusterPolicyReport",
  },
  "openreports.io": { apiVersion: "openreports.io/v1alpha1", namespaced: "Report", cluster: "ClusterReport" },
};

/** Marks reports of an audit, so that the next one finds those that are no longer true. */
export const reportLabels: { readonly [label: string]: string } = {
  "app.kubernetes.io/managed-by": "sallyport-audit",
};

/** What tools show as the results' origin. */
const source = "gatekeeper";

/** All that is wrong with one object: one report for each, as Kyverno has it, so that none grows beyond what an API server stores. `at` in milliseconds. */
export function policyReport(
  object: KubeObject,
  violations: readonly AuditViolation[],
  { api, at }: { readonly api: ReportApi; readonly at: number },
): KubeObject {
  const { apiVersion, namespaced, cluster } = kinds[api];
  const { name = "", namespace, uid } = object.metadata;
  const results = violations.map((each) => resultOf(each, at));
  const count = (result: string) => results.filter((each) => each.result === result).length;
  return {
    apiVersion,
    kind: namespace === undefined ? cluster : namespaced,
    metadata: {
      name: uid ?? `gatekeeper-${hashText([object.apiVersion, object.kind, namespace ?? "", name].join("/"))}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: reportLabels,
      // Who deletes the object has nothing left to report.
      ...(uid === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: object.apiVersion, kind: object.kind, name, uid }] }),
    },
    scope: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    summary: { pass: 0, fail: count("fail"), warn: count("warn"), error: 0, skip: 0 },
    results,
  } as KubeObject;
}

/** The resource that reports of a kind lie in: `clusterpolicyreports`. */
export function reportResource({ kind }: Pick<KubeObject, "kind">): string {
  return `${kind.toLowerCase()}s`;
}

function resultOf({ constraint, message, enforcementAction, enforcementActions }: AuditViolation, at: number) {
  const isDenied = enforcementAction === "deny" || enforcementActions.includes("deny");
  return {
    source,
    policy: constraint.kind,
    rule: constraint.name,
    result: isDenied ? "fail" : "warn",
    scored: true,
    message,
    properties: { enforcementAction: enforcementActions.length === 0 ? enforcementAction : enforcementActions.join() },
    timestamp: { seconds: Math.floor(at / 1000), nanos: 0 },
  };
}

/** FNV-1a of 64 bits: for names, not against anybody. */
function hashText(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
