import { type FieldError, invalid, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { cidr, parseCidr } from "../ip.ts";
import { type KindRules, specOf } from "../rules.ts";

/** Where services get addresses; it may only grow from one family to two. */
export const serviceCidr: KindRules = {
  validate: (object) => validateCidrs(cidrsIn(specOf(object))),
  validateReplacement: (object, old) => {
    const [now, before] = [object, old].map((each) => cidrsIn(specOf(each))) as [readonly string[], readonly string[]];
    const path = "spec.cidrs";
    const fixed = (i: number) => (now[i] === before[i] ? [] : [invalid(`${path}[${i}]`, now[i], "field is immutable")]);
    if (now.length === before.length) return before.flatMap((_, i) => fixed(i));
    if (before.length === 1 && now.length === 2) return [...fixed(0), ...validateCidrs(now)];
    return [invalid(path, now, "field is immutable")];
  },
};

function cidrsIn(spec: { readonly [field: string]: unknown }): readonly string[] {
  return (spec["cidrs"] ?? []) as readonly string[];
}

function validateCidrs(cidrs: readonly string[]): readonly FieldError[] {
  const path = "spec.cidrs";
  if (cidrs.length === 0) return [required(path, "at least one CIDR required")];
  if (cidrs.length > 2) return [invalid(path, { cidrs }, "may only hold up to 2 values")];
  const errors = cidrs.flatMap((each, i) => formatted(`${path}[${i}]`, each, cidr));
  const [first, second] = cidrs.map((each) => parseCidr(each)?.bytes.length);
  if (cidrs.length === 2 && first === second && first !== undefined)
    errors.push(
      invalid(path, cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"),
    );
  return errors;
}
