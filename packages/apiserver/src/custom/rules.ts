import {
  type Activation,
  activationOf,
  compile,
  DYN,
  declareSchema,
  type Json,
  kubernetesEnvironment,
  Optional,
  optionalType,
  PER_CALL_LIMIT,
  Program,
  RUNTIME_COST_BUDGET,
  type SchemaDeclaration,
  type Value,
  valueFromJson,
} from "@sallyport/cel";
import {
  type FieldError,
  invalid,
  isSameJson,
  oldItems,
  type Structural,
  type ValidationRule,
  withoutValue,
} from "@sallyport/kube";

/** A rule of x-kubernetes-validations, ready to be asked. */
interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  /** What was wrong with it; rules of stored definitions are not refused, they fail. */
  readonly fault: string;
  readonly message: Program | undefined;
  readonly messageFault: string;
  readonly usesOldSelf: boolean;
}

interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly declaration: SchemaDeclaration | undefined;
}

/** Who counts how long rules take. */
export interface RulesObserver {
  readonly compiled: (seconds: number) => void;
  readonly evaluated: (seconds: number) => void;
}

/** Whether any rule stands in a schema. */
export function hasRules(schema: Structural): boolean {
  let known = withRules.get(schema);
  if (known === undefined) {
    known = (schema["x-kubernetes-validations"] ?? []).length > 0 || below(schema).some(hasRules);
    withRules.set(schema, known);
  }
  return known;
}

function below({ properties, additionalProperties, items, allOf }: Structural): readonly Structural[] {
  return [
    ...Object.values(properties ?? {}),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
    ...(items === undefined ? [] : [items]),
    ...(allOf ?? []),
  ];
}

const withRules = new WeakMap<Structural, boolean>();
const compiled = new WeakMap<Structural, CompiledRules>();

/** The rules of one place, compiled once for as long as the schema lives. */
export function compileRules(schema: Structural, isResource: boolean, observer?: RulesObserver): CompiledRules {
  let known = compiled.get(schema);
  if (known === undefined) {
    const start = performance.now();
    known = compileAll(schema, isResource);
    compiled.set(schema, known);
    observer?.compiled((performance.now() - start) / 1000);
  }
  return known;
}

function compileAll(schema: Structural, isResource: boolean): CompiledRules {
  const declaration = declareSchema(schema as Parameters<typeof declareSchema>[0], "selfType", isResource);
  const rules = schema["x-kubernetes-validations"] ?? [];
  return { declaration, rules: rules.map((rule) => compileRule(rule, declaration)) };
}

function compileRule(rule: ValidationRule, declaration: SchemaDeclaration | undefined): CompiledRule {
  const environment = environmentOf(declaration, rule.optionalOldSelf === true);
  const program = compile(rule.rule, environment);
  const message = rule.messageExpression === undefined ? undefined : compile(rule.messageExpression, environment);
  return {
    rule,
    program: program instanceof Program ? program : undefined,
    fault: program instanceof Program ? "" : program.message,
    message: message instanceof Program ? message : undefined,
    messageFault: message === undefined || message instanceof Program ? "" : message.message,
    usesOldSelf: program instanceof Program && readsOldSelf(program),
  };
}

function environmentOf(declaration: SchemaDeclaration | undefined, optionalOldSelf: boolean) {
  const type = declaration?.type ?? DYN;
  return kubernetesEnvironment().extend({
    libraries: [{ name: "schema", structs: (name) => declaration?.structs.get(name) }],
    variables: { self: type, oldSelf: optionalOldSelf ? optionalType(type) : type },
  });
}

function readsOldSelf({ checked }: Program): boolean {
  return [...checked.references.values()].some((each) => each.kind === "variable" && each.name === "oldSelf");
}

/** Asks all rules of a schema about an object; `old` is the object before, for rules over transitions. `warn` is told of what stays unchanged. */
export function validateRules(
  object: unknown,
  old: unknown,
  schema: Structural,
  warn: (text: string) => void,
  observer?: RulesObserver,
): readonly FieldError[] {
  const run: RulesRun = { errors: [], warn, budget: RUNTIME_COST_BUDGET, observer };
  askBelow(object, old, schema, "", true, old !== undefined, run);
  return run.errors;
}

interface RulesRun {
  readonly errors: FieldError[];
  readonly warn: (text: string) => void;
  /** What all rules together may still cost; below zero none is asked any more. */
  budget: number;
  readonly observer: RulesObserver | undefined;
}

function askBelow(
  value: unknown,
  old: unknown,
  schema: Structural,
  path: string,
  isResource: boolean,
  isUpdate: boolean,
  run: RulesRun,
): void {
  if (value === undefined || value === null || run.budget < 0 || !hasRules(schema)) return;
  askHere(value, old, schema, path, isResource || schema["x-kubernetes-embedded-resource"] === true, run);
  if (Array.isArray(value) && schema.items !== undefined) {
    const before = oldItems(old, schema);
    for (const [i, item] of value.entries())
      askBelow(item, before(item), schema.items, `${path}[${i}]`, false, isUpdate, run);
  } else if (typeof value === "object") {
    const more = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
    for (const [name, item] of Object.entries(value)) {
      const declared =
        schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      const field = declared ?? more;
      if (field === undefined) continue;
      const at = declared === undefined ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
      askBelow(item, fieldOf(old, name), field, at, false, isUpdate, run);
    }
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as { readonly [name: string]: unknown })[name]
    : undefined;
}

function askHere(
  value: unknown,
  old: unknown,
  schema: Structural,
  path: string,
  isResource: boolean,
  run: RulesRun,
): void {
  const { rules, declaration } = compileRules(schema, isResource, run.observer);
  if (rules.length === 0) return;
  const start = performance.now();
  askAll(rules, value, old, { declaration, type: schema.type, path }, run);
  run.observer?.evaluated((performance.now() - start) / 1000);
}

function askAll(rules: readonly CompiledRule[], value: unknown, old: unknown, place: RulePlace, run: RulesRun): void {
  for (const rule of rules) {
    if (run.budget < 0) return;
    if (rule.program === undefined) {
      run.errors.push(broken(place.path, place.type, `rule compile error: ${rule.fault}`));
      continue;
    }
    if (rule.usesOldSelf && old === undefined && rule.rule.optionalOldSelf !== true) continue;
    ask(rule, rule.program, value, old, place, run);
  }
}

interface RulePlace {
  readonly declaration: SchemaDeclaration | undefined;
  readonly type: string | undefined;
  readonly path: string;
}

function ask(
  { rule, message, usesOldSelf }: CompiledRule,
  program: Program,
  value: unknown,
  old: unknown,
  { declaration, type, path }: RulePlace,
  run: RulesRun,
): void {
  const shaped = (json: unknown): Value => valueFromJson(json as Json, declaration?.shape);
  const before =
    old === undefined ? Optional.none : rule.optionalOldSelf === true ? new Optional(shaped(old)) : shaped(old);
  const activation = activationOf({ self: shaped(value), oldSelf: before });
  const outcome = program.evaluate(activation, PER_CALL_LIMIT);
  run.budget -= outcome.cost;
  if (run.budget < 0) {
    run.errors.push(
      broken(
        path,
        type,
        "validation failed due to running out of cost budget, no further validation rules will be run",
      ),
    );
    return;
  }
  if ("error" in outcome) {
    run.errors.push(broken(path, type, faultText(outcome, rule)));
    if (outcome.isBudgetExceeded) run.budget = -1;
    return;
  }
  if (outcome.value === true) return;
  const told = message === undefined ? undefined : messageOf(message, activation, run);
  const isWhole = type === "object" || type === "array";
  const fault = refusal(rule, told, path, isWhole ? undefined : value);
  // What is unchanged and was let in once stays: KEP-4008. Rules over transitions are about the change itself.
  if (!usesOldSelf && old !== undefined && isSameJson(value, old)) run.warn(`${fault.field}: ${fault.message}`);
  else run.errors.push(fault);
}

function faultText(
  { error, isBudgetExceeded }: { readonly error: string; readonly isBudgetExceeded: boolean },
  rule: ValidationRule,
): string {
  const text = ruleText(rule);
  if (error.startsWith("no such overload"))
    return `'${error}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`;
  if (isBudgetExceeded)
    return `'${error}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`;
  return `${error} evaluating rule: ${text}`;
}

/** The message of a rule, or its text where it has none. */
function ruleText({ rule, message }: ValidationRule): string {
  return (message ?? "") === "" ? rule.trim() : (message as string).trim();
}

/** Longer messages than this are not told; kube-apiserver's limit. */
const maxMessageBytes = 5 * 1024;

function messageOf(program: Program, activation: Activation, run: RulesRun): string | undefined {
  const outcome = program.evaluate(activation, PER_CALL_LIMIT);
  run.budget -= outcome.cost;
  if (!("value" in outcome) || typeof outcome.value !== "string") return undefined;
  const text = outcome.value.trim();
  return text === "" || text.includes("\n") || Buffer.byteLength(text) > maxMessageBytes ? undefined : text;
}

function broken(path: string, type: string | undefined, detail: string): FieldError {
  return invalid(path === "" ? "<nil>" : path, type ?? "", detail);
}

/** `value` is shown, unless it is undefined: objects and lists are not. */
function refusal(rule: ValidationRule, told: string | undefined, path: string, value: unknown): FieldError {
  const detail =
    told ?? ((rule.message ?? "") === "" ? `failed rule: ${rule.rule.trim()}` : (rule.message as string).trim());
  const at = `${path}${rule.fieldPath ?? ""}`.replace(/^\./, "");
  const field = at === "" ? "<nil>" : at;
  switch (rule.reason) {
    case "FieldValueForbidden":
      return { field, reason: rule.reason, message: `Forbidden: ${detail}` };
    case "FieldValueRequired":
      return { field, reason: rule.reason, message: `Required value: ${detail}` };
    case "FieldValueDuplicate": {
      const shown = value === undefined ? "" : `${JSON.stringify(value)}: `;
      return { field, reason: rule.reason, message: `Duplicate value: ${shown}${detail}` };
    }
    default:
      return value === undefined ? withoutValue(field, detail) : invalid(field, value, detail);
  }
}
