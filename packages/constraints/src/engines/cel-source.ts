import type { MatchCondition, Validation, Variable } from "@sallyport/admission";
import { FrameworkError } from "../fault.ts";
import { type Fields, isFields, textOf } from "../fields.ts";

export type FailurePolicy = "Fail" | "Ignore";

/** The source of a `K8sNativeValidation` code. */
export interface CelSource {
  readonly validations: readonly Validation[];
  readonly matchConditions: readonly MatchCondition[];
  readonly variables: readonly Variable[];
  readonly failurePolicy: FailurePolicy;
  /** Undefined where the template leaves it to the program's flag. */
  readonly generateVAP: boolean | undefined;
}

/** Names that begin so are Gatekeeper's own. */
const reservedPrefix = "gatekeeper_internal_";

/** Bound by Gatekeeper: the parameters, and the object or, on DELETE, the old one. */
const reservedVariables = ["params", "anyObject"];

/** Reads the source of a `K8sNativeValidation` code. Throws `FrameworkError`. */
export function readCelSource(source: Fields, defaultPolicy: FailurePolicy): CelSource {
  const { generateVAP } = source;
  return {
    validations: listOf(source, "validations").map(readValidation),
    // The field is named in the singular.
    matchConditions: listOf(source, "matchCondition").map(readCondition),
    variables: listOf(source, "variables").map(readVariable),
    failurePolicy: readFailurePolicy(source["failurePolicy"] ?? defaultPolicy),
    generateVAP: typeof generateVAP === "boolean" ? generateVAP : undefined,
  };
}

function readValidation({ expression, message, messageExpression }: Fields): Validation {
  return {
    expression: textOf(expression),
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof messageExpression === "string" && messageExpression !== "" ? { messageExpression } : {}),
  };
}

function readCondition(condition: Fields): MatchCondition {
  const name = textOf(condition["name"]);
  if (name.startsWith(reservedPrefix))
    throw fault(
      `invalid match condition: ${name} is not a valid match condition; cannot have ${JSON.stringify(reservedPrefix)} as a prefix`,
    );
  return { name, expression: textOf(condition["expression"]) };
}

function readVariable(variable: Fields): Variable {
  const name = textOf(variable["name"]);
  if (name.startsWith(reservedPrefix))
    throw fault(
      `invalid variable definition: ${name} is not a valid variable; cannot have ${JSON.stringify(reservedPrefix)} as a prefix`,
    );
  if (reservedVariables.includes(name))
    throw fault(
      `invalid variable definition: ${name} an invalid variable name, ${JSON.stringify(name)} is a reserved keyword`,
    );
  return { name, expression: textOf(variable["expression"]) };
}

/** Throws `FrameworkError`. */
export function readFailurePolicy(policy: unknown): FailurePolicy {
  if (policy === "Fail" || policy === "Ignore") return policy;
  throw fault(`invalid failure policy: unrecognized failure policy: ${String(policy)}`);
}

function listOf(source: Fields, field: string): readonly Fields[] {
  const value = source[field];
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function fault(message: string): FrameworkError {
  return new FrameworkError("template", message);
}
