import { estimateCost, type Program } from "@sallyport/cel";
import {
  definitionOf,
  type FieldError,
  isSameJson,
  type KubeObject,
  keywordFaults,
  type Structural,
  schemaPlaces,
  type ValidationRule,
} from "@sallyport/kube";
import { compileRules, type RulesObserver } from "./rules.ts";

/** kube-apiserver's limit of what one rule may cost at most, over all the places where it is asked. */
const maxRuleCost = 10_000_000;

/** Its limit of what all rules of a schema may cost together. */
const maxSchemaCost = 100_000_000;

/** As many rules are named as those that made a schema too expensive. */
const namedRules = 4;

/** Only such are: a hundredth of the limit. */
const namedCost = maxSchemaCost / 100;

interface Costs {
  total: number;
  readonly byPath: { readonly path: string; readonly cost: number }[];
  readonly observer: RulesObserver | undefined;
}

/** What kube-apiserver refuses of the rules in a definition's schemas; schemas that `old` has already were let in once. */
export function validateDefinitionRules(
  definition: KubeObject,
  old: KubeObject | undefined,
  observer?: RulesObserver,
): readonly FieldError[] {
  const before = old === undefined ? [] : schemaPlaces(definitionOf(old).spec).map(({ schema }) => schema);
  return schemaPlaces(definitionOf(definition).spec).flatMap(({ schema, path }) =>
    before.some((each) => isSameJson(each, schema)) ? [] : validateRulesOf(schema, path, observer),
  );
}

function validateRulesOf(schema: Structural, path: string, observer: RulesObserver | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const costs: Costs = { total: 0, byPath: [], observer };
  const faulty = keywordFaults(schema, path).map(({ field }) => field);
  checkPlace({ schema, path, cardinality: 1, uncorrelatable: undefined, isResource: true, faulty }, errors, costs);
  if (costs.total <= maxSchemaCost) return errors;
  const dearest = costs.byPath
    .filter(({ cost }) => cost >= namedCost)
    .sort((a, b) => b.cost - a.cost)
    .slice(0, namedRules);
  for (const { path: at } of dearest)
    errors.push(
      refuse(at, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"),
    );
  const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
  errors.push(refuse(path, tooExpensive(what, costs.total, maxSchemaCost)));
  return errors;
}

function untyped(path: string): FieldError {
  const message =
    "Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations";
  return { field: `${path}.x-kubernetes-validations`, reason: "InternalError", message };
}

function refuse(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: `Forbidden: ${detail}` };
}

function wrong(field: string, value: string, detail: string): FieldError {
  return { field, reason: "FieldValueInvalid", message: `Invalid value: ${value}: ${detail}` };
}

function tooExpensive(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const times = factor > 100 ? "more than 100x" : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${what} exceeds budget by factor of ${times} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

interface Place {
  readonly schema: Structural;
  readonly path: string;
  /** How many values may stand here in one object, where all lists and maps above it have limits. */
  readonly cardinality: number | undefined;
  /** The list above it whose items cannot be told from one object to the next. */
  readonly uncorrelatable: string | undefined;
  readonly isResource: boolean;
  /** Where the schema is faulty by itself: rules there and above are not looked at. */
  readonly faulty: readonly string[];
}

function checkPlace(place: Place, errors: FieldError[], costs: Costs): void {
  const { schema, path, isResource } = place;
  const isObject = isResource || schema["x-kubernetes-embedded-resource"] === true;
  const { rules, declaration } = compileRules(schema, isObject, costs.observer);
  const isFaulty = place.faulty.some((field) => field.startsWith(`${path}.`) || field.startsWith(`${path}[`));
  if (rules.length > 0 && declaration === undefined && !isFaulty) errors.push(untyped(path));
  else if (!isFaulty)
    for (const [i, compiled] of rules.entries())
      checkRule(compiled, `${path}.x-kubernetes-validations[${i}]`, { ...place, isResource: isObject }, errors, costs);
  const { additionalProperties: values, items } = schema;
  const below = {
    cardinality: multiplied(place.cardinality, elementsOf(schema)),
    uncorrelatable: place.uncorrelatable,
    isResource: false,
    faulty: place.faulty,
  };
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    checkPlace({ ...below, schema: inner, path: `${path}.properties[${name}]` }, errors, costs);
  if (typeof values === "object")
    checkPlace({ ...below, schema: values, path: `${path}.additionalProperties` }, errors, costs);
  if (items === undefined) return;
  const isKeyed = schema["x-kubernetes-list-type"] === "map";
  const uncorrelatable = place.uncorrelatable ?? (isKeyed ? undefined : path);
  checkPlace({ ...below, schema: items, path: `${path}.items`, uncorrelatable }, errors, costs);
}

/** How many values of each schema below may stand in one of this; undefined where there is no limit. */
function elementsOf({ type, additionalProperties, maxItems, maxProperties }: Structural): number | undefined {
  if (type === "array") return maxItems === undefined ? undefined : Math.max(0, maxItems);
  if (type !== "object" || additionalProperties === undefined || additionalProperties === false) return 1;
  return maxProperties === undefined ? undefined : Math.max(0, maxProperties);
}

function multiplied(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one * other;
}

type Compiled = ReturnType<typeof compileRules>["rules"][number];

function checkRule(compiled: Compiled, path: string, place: Place, errors: FieldError[], costs: Costs): void {
  const { rule, program, fault, message, messageFault, usesOldSelf } = compiled;
  // Rules without text are refused for that elsewhere.
  if ((rule.rule ?? "").trim() === "") return;
  const shown = goText(rule);
  if (program === undefined) {
    errors.push(wrong(`${path}.rule`, shown, `compilation failed: ${fault}`));
    checkOptionalOldSelf(compiled, path, errors);
    return;
  }
  if (program.type.kind !== "bool" && program.type.kind !== "dyn") {
    errors.push(wrong(`${path}.rule`, shown, "cel expression must evaluate to a bool"));
    return;
  }
  const { cardinality = declarationOf(place)?.maxCardinality ?? Number.POSITIVE_INFINITY } = place;
  checkCost(program, "rule", `${path}.rule`, place, cardinality, errors, costs);
  const isBlank = (rule.messageExpression ?? "").trim() === "";
  if (messageFault !== "" && !isBlank)
    errors.push(wrong(`${path}.messageExpression`, shown, `messageExpression compilation failed: ${messageFault}`));
  else if (message !== undefined && message.type.kind !== "string")
    errors.push(wrong(`${path}.messageExpression`, shown, "messageExpression must evaluate to a string"));
  else if (message !== undefined)
    // A message is made once, however often its rule is asked.
    checkCost(message, "messageExpression", `${path}.messageExpression`, place, 1, errors, costs);
  if (usesOldSelf && place.uncorrelatable !== undefined && rule.optionalOldSelf === undefined)
    errors.push(
      wrong(
        `${path}.rule`,
        JSON.stringify(rule.rule),
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`,
      ),
    );
  checkOptionalOldSelf(compiled, path, errors);
}

function checkOptionalOldSelf({ rule, usesOldSelf }: Compiled, path: string, errors: FieldError[]): void {
  if (usesOldSelf || rule.optionalOldSelf === undefined) return;
  const text = "may not be set if oldSelf is not used in rule";
  errors.push(wrong(`${path}.optionalOldSelf`, String(rule.optionalOldSelf), text));
}

function declarationOf({ schema, isResource }: Place) {
  return compileRules(schema, isResource).declaration;
}

function checkCost(
  program: Program,
  what: string,
  path: string,
  place: Place,
  times: number,
  errors: FieldError[],
  costs: Costs,
): void {
  const own = declarationOf(place)?.sizeOf ?? (() => undefined);
  const cost = estimateCost(program.checked, own).max * times;
  if (cost > maxRuleCost) errors.push(refuse(path, tooExpensive(`estimated ${what} cost`, cost, maxRuleCost)));
  costs.total += cost;
  costs.byPath.push({ path, cost });
}

/** A rule as kube-apiserver prints its Go struct. */
function goText({
  rule,
  message = "",
  messageExpression = "",
  reason = undefined,
  fieldPath = "",
  optionalOldSelf,
}: ValidationRule): string {
  const struct = {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
  return JSON.stringify(struct).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
