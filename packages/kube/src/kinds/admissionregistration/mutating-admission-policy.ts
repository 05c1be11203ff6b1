import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { itemsOf, oneOf } from "../checks.ts";
import type { Expressions, PolicyExpressions } from "../expressions.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { validateExpression } from "./match-conditions.ts";
import { matchDefaults, validatePolicy } from "./policy.ts";

export const mutatingAdmissionPolicy: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { failurePolicy: "Fail" });
    if (spec["matchConstraints"] !== undefined) matchDefaults(spec["matchConstraints"]);
  },
  validate: validateAll,
};

function validateAll(object: KubeObject, expressions: Expressions): readonly FieldError[] {
  const spec = specOf(object);
  const { mutations = [], reinvocationPolicy } = spec;
  const { errors, compiled } = validatePolicy(spec, expressions, { isMutating: true });
  return [
    ...errors,
    ...(mutations.length === 0 ? [required("spec.mutations", "mutations must contain at least one item")] : []),
    ...itemsOf(mutations, "spec.mutations").flatMap(([each, path]) => validateMutation(each, compiled, path)),
    ...oneOf("spec.reinvocationPolicy", reinvocationPolicy, ["IfNeeded", "Never"]),
  ];
}

/** Each type of patch has its field, which no other type may have. */
const fieldOf = { ApplyConfiguration: "applyConfiguration", JSONPatch: "jsonPatch" } as const;
const patchTypes = Object.keys(fieldOf) as readonly (keyof typeof fieldOf)[];

function validateMutation(mutation: Fields, compiled: PolicyExpressions, path: string): readonly FieldError[] {
  const type = mutation["patchType"] as keyof typeof fieldOf | undefined;
  if (type === undefined || !patchTypes.includes(type)) return oneOf(`${path}.patchType`, type, patchTypes);
  const patch = mutation[fieldOf[type]] as Fields | undefined;
  const other = patchTypes.filter((each) => each !== type).map((each) => fieldOf[each])[0] as string;
  return [
    ...(patch === undefined
      ? [required(`${path}.${fieldOf[type]}`, `must be specified when patchType is ${type}`)]
      : validateExpression(`${path}.${fieldOf[type]}.expression`, (patch["expression"] ?? "").trim(), (text) =>
          compiled.fault(text, type),
        )),
    ...(mutation[other] === undefined
      ? []
      : [invalid(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${type}`)]),
  ];
}
