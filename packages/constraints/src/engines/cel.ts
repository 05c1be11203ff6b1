import {
  type CompiledPolicy,
  compileConditions,
  compileExpression,
  compileVariables,
  Evaluation,
  inputActivation,
  matchConditionsBudget,
  matchesConditions,
  type Priced,
  requestOf,
  type Variable,
  validate,
  variablesOf,
} from "@sallyport/admission";
import {
  type Activation,
  admissionEnvironment,
  BOOL,
  type Json,
  KnownOutcomes,
  KnownReads,
  type Owners,
  PER_CALL_LIMIT,
  Program,
  STRING,
  type Value,
  VariableValues,
  valueFromJson,
  variablesRead,
} from "@sallyport/cel";
import type { KubeObject } from "@sallyport/kube";
import type { Constraint } from "../constraint.ts";
import type { Review } from "../review.ts";
import { type CelSource, type FailurePolicy, readCelSource } from "./cel-source.ts";
import type { Engine, EngineData, Violation } from "./engine.ts";

/** What Gatekeeper binds before the template's own variables. */
export const ownVariables: readonly Variable[] = [
  {
    name: "anyObject",
    expression: 'has(request.operation) && request.operation == "DELETE" && object == null ? oldObject : object',
  },
  {
    name: "params",
    expression: "!has(params.spec) ? null : !has(params.spec.parameters) ? null: params.spec.parameters",
  },
];

/** Templates as ValidatingAdmissionPolicies are written; the constraint is their parameter, which only `variables.params` shows. */
export function celEngine({ failurePolicy = "Fail" }: { readonly failurePolicy?: FailurePolicy } = {}): Engine {
  // All templates of a review are asked before the next: in a WeakMap each would stay until the whole heap is collected, since V8 takes
  // its values for needed when it collects what is young.
  let last: Reviewed | undefined;
  const reviewedOf = (review: Review, { namespace }: EngineData) => {
    if (last?.review !== review || last.namespace !== namespace)
      last = { review, namespace, activation: activationFor(review, namespace) };
    return last;
  };
  return {
    name: "K8sNativeValidation",
    compile: (_, code) => {
      const source = readCelSource(code.source, failurePolicy);
      const policy = compileSource(source);
      const comparable = comparableOf(policy);
      const isWhole = isComparable(policy, comparable);
      const compiled = { source, policy, ...sharingOf(policy), comparable, isWhole };
      return { ask: (review, data) => asking(compiled, reviewedOf(review, data)) };
    },
  };
}

/** What all templates of a review read. */
interface Reviewed {
  readonly review: Review;
  readonly namespace: EngineData["namespace"];
  readonly activation: Activation;
}

function activationFor(review: Review, namespace: EngineData["namespace"]): Activation {
  // As Kubernetes hands it to a policy: on DELETE there is no object.
  const isDeletion = review.request["operation"] === "DELETE";
  const request = requestOf(isDeletion ? { ...review.request, object: null } : review.request);
  return inputActivation(request, { namespaceObject: namespace as KubeObject | undefined });
}

function compileSource({ validations, matchConditions, variables: own }: CelSource): CompiledPolicy {
  const environment = (hasParams: boolean) =>
    admissionEnvironment({ hasParams, hasAuthorizer: false, hasPatchTypes: false });
  const variables = compileVariables([...ownVariables, ...own], environment(true));
  const declared = variables.declaredIn(environment(false));
  return {
    variables,
    conditions: compileConditions(matchConditions, declared),
    validations: validations.map((each) => ({
      ...each,
      compiled: compileExpression(each.expression, declared, [BOOL]),
      compiledMessage:
        each.messageExpression === undefined
          ? undefined
          : compileExpression(each.messageExpression, declared, [STRING]),
    })),
    annotations: [],
  };
}

interface CompiledSource {
  readonly source: CelSource;
  readonly policy: CompiledPolicy;
  /** Which variables are the same for all constraints of a review, and which for all reviews of a constraint. */
  readonly owners: Owners;
  /** The expressions that differ by constraint only in what they read of variables. */
  readonly comparable: ReadonlySet<Program>;
  /** Whether the policy as a whole does. */
  readonly isWhole: boolean;
  /** What of a constraint is the same in all reviews. */
  readonly ofConstraint: (constraint: Constraint) => OfConstraint;
}

interface OfConstraint {
  readonly values: VariableValues;
  readonly params: Value;
}

const reviewVariables = ["object", "oldObject", "request", "namespaceObject"];

function sharingOf({ variables }: CompiledPolicy): Pick<CompiledSource, "owners" | "ofConstraint"> {
  const [ofReview, ofParams] = [variablesOf(reviewVariables, variables), variablesOf(["params"], variables)];
  const owners = variables.defined.names.map((name) => (ofReview.has(name) ? 1 : ofParams.has(name) ? 2 : 0));
  const known = new WeakMap<Constraint, OfConstraint>();
  const ofConstraint = (constraint: Constraint) => {
    let found = known.get(constraint);
    if (found === undefined) {
      const params = valueFromJson(constraint.object as unknown as Json);
      found = { values: new VariableValues(), params };
      known.set(constraint, found);
    }
    return found;
  };
  return { owners, ofConstraint };
}

function comparableOf({ variables, conditions, validations }: CompiledPolicy): ReadonlySet<Program> {
  const own = variables.defined.programs.filter((each) => each instanceof Program);
  const expressions = [...conditions, ...validations.flatMap((each) => [each.compiled, each.compiledMessage])];
  const programs = [...own, ...expressions.flatMap((each) => each?.program ?? [])];
  const isSame = (read: string) => reviewVariables.includes(read) || read.startsWith("variables.");
  return new Set(programs.filter(({ checked }) => [...variablesRead(checked)].every(isSame)));
}

/** Whether the policy as a whole reads nothing else. */
function isComparable({ conditions, validations }: CompiledPolicy, comparable: ReadonlySet<Program>): boolean {
  const expressions = validations.flatMap(({ compiled, compiledMessage }) => [compiled, compiledMessage ?? compiled]);
  return [...conditions, ...expressions].every(({ program }) => program !== undefined && comparable.has(program));
}

/** Of how many constraints in one review it is kept what expressions came to: with fewer, keeping it takes longer than it saves. */
const worthKeeping = 3;

function asking(
  { source, policy, owners, comparable, isWhole, ofConstraint }: CompiledSource,
  { activation }: Reviewed,
): (constraint: Constraint) => readonly Violation[] {
  const ofReview = new VariableValues();
  const values = new VariableValues(owners);
  let params: Value = null;
  const read: Activation = { find: (name) => (name === "params" ? params : activation.find(name)) };
  let asked = 0;
  const begun = () => {
    const outcomes = asked < worthKeeping ? undefined : new KnownOutcomes(comparable);
    return new Evaluation(read, PER_CALL_LIMIT, policy.variables, values, outcomes);
  };
  let evaluation = begun();
  let starts = 0;
  const start = (budget: number) => {
    starts++;
    return evaluation.restart(budget);
  };
  const known = isWhole ? new KnownReads<Priced<readonly Violation[]>>() : undefined;
  // One after the other: thousands of constraints are asked in a review, and making all this took as long as most of them.
  return (constraint) => {
    const own = ofConstraint(constraint);
    values.restart([ofReview, own.values]);
    params = own.params;
    if (++asked === worthKeeping) evaluation = begun();
    const keeps = known !== undefined && asked >= worthKeeping;
    const recalled = keeps ? evaluation.restart(PER_CALL_LIMIT).recall(known) : undefined;
    if (recalled !== undefined) return recalled;
    starts = 0;
    const found = violationsOf(source, policy, start);
    // Started once, all that was read is known. What ended for want of budget might do with other costs of the same values.
    if (keeps && starts === 1 && evaluation.budget > 0)
      evaluation.remember(known, found, PER_CALL_LIMIT - evaluation.budget);
    return found;
  };
}

function violationsOf(
  { failurePolicy }: CelSource,
  policy: CompiledPolicy,
  start: (cost: number) => Evaluation,
): readonly Violation[] {
  const matches = policy.conditions.length === 0 || matchesConditions(policy.conditions, start(matchConditionsBudget));
  if (matches === false) return [];
  if (matches !== true) return failurePolicy === "Ignore" ? [] : [{ msg: matches.error }];
  // Gatekeeper gives a constraint what Kubernetes gives one call.
  return validate(policy, start, start, PER_CALL_LIMIT)
    .filter(({ isError }) => !isError || failurePolicy === "Fail")
    .map(({ message }) => ({ msg: message }));
}
