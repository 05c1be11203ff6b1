import {
  admissionEnvironment,
  type Environment,
  jsonFromMutation,
  ListValue,
  listType,
  MutationStruct,
  RUNTIME_COST_BUDGET,
  structType,
  type Type,
  typeNameFaults,
  type Value,
} from "@sallyport/cel";
import {
  conform,
  internalError,
  type KubeObject,
  mergeForPolicy,
  PatchError,
  patchJson,
  type ResourceInfo,
  resourceType,
} from "@sallyport/kube";
import { compileExpression, Evaluation, type Expression, OutOfBudget } from "../cel/expression.ts";
import { compileConditions } from "../cel/match-conditions.ts";
import { compileVariables, type Variables } from "../cel/variables.ts";
import type { MutationChecked } from "../observer.ts";
import type { Asked } from "./ask.ts";
import { type PolicySpec, specOf } from "./policy.ts";

/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicySpec. */
export interface MutatingSpec extends PolicySpec {
  readonly mutations?: readonly Mutation[];
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
}

export interface Mutation {
  readonly patchType: "ApplyConfiguration" | "JSONPatch";
  readonly applyConfiguration?: { readonly expression: string };
  readonly jsonPatch?: { readonly expression: string };
}

/** A policy whose expressions are compiled. */
export interface CompiledMutations {
  readonly variables: Variables;
  readonly conditions: readonly Expression[];
  readonly mutations: readonly { readonly patchType: Mutation["patchType"]; readonly compiled: Expression }[];
}

const compiled = new WeakMap<KubeObject, CompiledMutations>();

const types: { readonly [patchType in Mutation["patchType"]]: Type } = {
  ApplyConfiguration: structType("Object"),
  JSONPatch: listType(structType("JSONPatch")),
};

/** Compiled once for as long as the policy is the same. */
export function compileMutations(policy: KubeObject): CompiledMutations {
  let known = compiled.get(policy);
  if (known === undefined) {
    known = compile(specOf<MutatingSpec>(policy));
    compiled.set(policy, known);
  }
  return known;
}

function compile(spec: MutatingSpec): CompiledMutations {
  const declared = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
  const base = admissionEnvironment({ ...declared, hasPatchTypes: false });
  const variables = compileVariables(spec.variables ?? [], base);
  const environment = variables.declaredIn(admissionEnvironment({ ...declared, hasPatchTypes: true }));
  return {
    variables,
    conditions: compileConditions(spec.matchConditions ?? [], variables.declaredIn(base)),
    mutations: (spec.mutations ?? []).map((each) => compileMutation(each, environment)),
  };
}

function compileMutation(mutation: Mutation, environment: Environment): CompiledMutations["mutations"][number] {
  const { patchType, applyConfiguration, jsonPatch } = mutation;
  const { expression = "" } = (patchType === "JSONPatch" ? jsonPatch : applyConfiguration) ?? {};
  return { patchType, compiled: compileExpression(expression, environment, [types[patchType]]) };
}

/** A mutation that failed; the failurePolicy decides what that means. */
export class MutationError extends Error {
  readonly what: Exclude<MutationChecked["error"], "no_error">;

  constructor(message: string, what: MutationError["what"] = "invalid_error") {
    super(message);
    this.what = what;
  }
}

/** The object as one mutation leaves it, without defaults. Throws `MutationError`, or `StatusError` for what makes no object. */
export function mutated(
  { patchType, compiled }: CompiledMutations["mutations"][number],
  object: KubeObject,
  asked: Asked,
  variables: Variables,
  info: ResourceInfo,
): KubeObject {
  const value = evaluate(compiled, asked, variables);
  return patchType === "JSONPatch" ? patched(value, object, info) : applied(value, object, info);
}

function evaluate(expression: Expression, { activation }: Asked, variables: Variables): Value {
  if (expression.fault !== undefined) throw new MutationError(expression.fault, "compile_error");
  try {
    const outcome = new Evaluation(activation, RUNTIME_COST_BUDGET, variables).run(expression);
    if ("error" in outcome) throw new MutationError(outcome.error);
    return outcome.value;
  } catch (error) {
    throw error instanceof OutOfBudget ? new MutationError(error.message, "out_of_budget") : error;
  }
}

function checkTypeNames(value: Value): void {
  const faults = typeNameFaults(value);
  if (faults.length > 0) throw new MutationError(`type mismatch: ${faults.join("\n")}`);
}

function applied(value: Value, object: KubeObject, info: ResourceInfo): KubeObject {
  checkTypeNames(value);
  const configuration = jsonFromMutation(value);
  if (configuration === undefined || configuration === null)
    throw new MutationError("ApplyConfiguration expression has no JSON form");
  const named = { ...(configuration as object), apiVersion: object.apiVersion, kind: object.kind };
  const merged = mergeForPolicy(object, named, resourceType(info));
  if (typeof merged === "string") throw new MutationError(`error applying patch: ${merged}`);
  return decoded(merged, object, info);
}

function patched(value: Value, object: KubeObject, info: ResourceInfo): KubeObject {
  for (const operation of value instanceof ListValue ? value : []) checkPatchValue(operation);
  const operations = jsonFromMutation(value);
  if (operations === undefined)
    throw new MutationError("JSONPath valueExpression evaluated to a type that could not marshal to JSON");
  try {
    return decoded(patchJson(object, operations) as KubeObject, object, info);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    // A test that fails keeps the patch from being applied, and is no error.
    if (error.isTest) return object;
    throw new MutationError(`JSON Patch: ${error.message}`);
  }
}

/** A struct that a patch sets must name its own fields rightly; where it is put is not compared, as upstream does not. */
function checkPatchValue(operation: Value): void {
  const value = operation instanceof MutationStruct ? operation.get("value") : undefined;
  if (value !== undefined) checkTypeNames(value);
}

/** As decoding into Go's types leaves it. */
function decoded(object: KubeObject, before: KubeObject, info: ResourceInfo): KubeObject {
  if (typeof object.metadata !== "object" || object.kind !== before.kind || object.apiVersion !== before.apiVersion)
    throw internalError("the patch leaves no object of its kind");
  if (info.custom !== undefined || info.schema === undefined) return object;
  const { object: conformed, unknown } = conform(object, info.schema, info);
  if (unknown.length === 0) return conformed;
  const faults = unknown.join(", ");
  throw internalError(`strict decoding error: ${faults}`);
}
