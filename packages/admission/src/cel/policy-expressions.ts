import {
  admissionEnvironment,
  BOOL,
  type Environment,
  listType,
  NULL,
  STRING,
  structType,
  type Type,
} from "@sallyport/cel";
import type { ExpressionRole, PolicyExpressions } from "@sallyport/kube";
import { compileExpression } from "./expression.ts";
import { compileVariables, type Variable } from "./variables.ts";

const types: { readonly [role in ExpressionRole]: readonly Type[] } = {
  condition: [BOOL],
  validation: [BOOL],
  message: [STRING],
  annotation: [STRING, NULL],
  ApplyConfiguration: [structType("Object")],
  JSONPatch: [listType(structType("JSONPatch"))],
};

/** Compiles the expressions of a policy that is being written, to tell what is wrong with them. */
export function policyExpressions({
  hasParams,
  hasVariables,
}: {
  readonly hasParams: boolean;
  readonly hasVariables: boolean;
}): PolicyExpressions {
  const variables: Variable[] = [];
  const environment = (hasAuthorizer: boolean, hasPatchTypes: boolean) =>
    admissionEnvironment({ hasParams, hasAuthorizer, hasPatchTypes });
  const base = environment(true, false);
  const withVariables = (inner: Environment) =>
    hasVariables ? compileVariables(variables, base).declaredIn(inner) : inner;
  const environmentOf = (role: ExpressionRole): Environment => {
    if (role === "condition") return base;
    return withVariables(environment(role !== "message", role === "ApplyConfiguration" || role === "JSONPatch"));
  };
  return {
    fault: (text, role) => compileExpression(text, environmentOf(role), types[role]).fault,
    declare: (name, expression) => {
      const { fault } = compileExpression(expression, withVariables(base));
      variables.push({ name, expression });
      return fault;
    },
  };
}
