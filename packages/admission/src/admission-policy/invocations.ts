import type { KubeObject } from "@sallyport/kube";
import { isExempt, isQuestion, type Match, matchRequest } from "../match.ts";
import type { PluginContext } from "../plugin.ts";
import type { StaticConfigurations } from "../static-configurations.ts";
import { collectParams, paramResource } from "./params.ts";
import {
  type BindingSpec,
  type BoundPolicy,
  boundPolicies,
  type PolicyResource,
  type PolicySpec,
  specOf,
} from "./policy.ts";

/** One asking of a policy: for a binding, and one of its parameters. */
export interface Invocation {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly match: Match;
  readonly param: KubeObject | undefined;
}

/** A policy that matches, and cannot be asked. */
export interface Misconfigured {
  readonly policy: KubeObject;
  readonly binding: KubeObject | undefined;
  readonly fault: string;
}

/** What a request is asked of the policies of a kind, in order: first of those from files. */
export function invocationsOf(
  context: PluginContext,
  resource: PolicyResource,
  statics: StaticConfigurations,
): readonly (Invocation | Misconfigured)[] {
  const { request, snapshot } = context;
  const ofApi = (each: string) => snapshot.objects.list("admissionregistration.k8s.io", each);
  const bound = [
    ...boundPolicies((each) => statics.list(each), resource),
    ...(isExempt(request) ? [] : boundPolicies(ofApi, resource)),
  ];
  return isQuestion(request) ? [] : bound.flatMap((each) => invocationsOfPolicy(each, context));
}

function invocationsOfPolicy(
  { policy, bindings }: BoundPolicy,
  { request, snapshot }: PluginContext,
): readonly (Invocation | Misconfigured)[] {
  const { matchConstraints, paramKind } = specOf<PolicySpec>(policy);
  if (matchConstraints === undefined)
    return [misconfigured(policy, undefined, "policy contained no match constraints, a required field")];
  const match = matchRequest(matchConstraints, request, snapshot);
  if (typeof match === "string") return [];
  const kind = paramKind && paramResource(paramKind, snapshot);
  if (typeof kind === "string") return [misconfigured(policy, undefined, kind)];
  return bindings.flatMap((binding): readonly (Invocation | Misconfigured)[] => {
    const { matchResources, paramRef } = specOf<BindingSpec>(binding);
    if (matchResources !== undefined && typeof matchRequest(matchResources, request, snapshot) === "string") return [];
    const params = collectParams(kind, paramRef, request.namespace, snapshot);
    if (typeof params === "string") return [misconfigured(policy, binding, params)];
    return params.map((param) => ({ policy, binding, match, param }));
  });
}

function misconfigured(policy: KubeObject, binding: KubeObject | undefined, fault: string): Misconfigured {
  const what = binding === undefined ? "policy" : "binding";
  return { policy, binding, fault: `failed to configure ${what}: ${fault}` };
}
