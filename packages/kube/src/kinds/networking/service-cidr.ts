import { type FieldError, invalid, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { canonicalCidr, parseCidr } from "../ip.ts";
import { type KindRules, specOf } from "../rules.ts";

/** One range of each family; a second family may be added later. */
export const serviceCidr: KindRules = {
  validate: (object) => validateCidrs(specOf(object)["cidrs"] ?? []),
  validateReplacement: (object, old) => {
    const [now, before] = [specOf(object), specOf(old)].map((spec) => (spec["cidrs"] ?? []) as readonly string[]);
    const list = now ?? [];
    // Upstream looks no further where a range is gone.
    if (list.length < (before ?? []).length)
      return [invalid("spec.cidrs", now?.length ? now : null, "field is immutable")];
    return [
      ...(before ?? []).flatMap((each, i) =>
        list[i] === each ? [] : [invalid(`spec.cidrs[${i}]`, list[i] ?? "", "field is immutable")],
      ),
      ...(list.length > (before ?? []).length ? validateCidrs(list) : []),
    ];
  },
};

function validateCidrs(list: readonly string[]): readonly FieldError[] {
  const field = "spec.cidrs";
  if (list.length === 0) return [required(field, "at least one CIDR required")];
  if (list.length > 2) return [invalid(field, { CIDRs: list }, "may only hold up to 2 values")];
  const faults = list.flatMap((each, i) => formatted(`${field}[${i}]`, each, canonicalCidr));
  const [first, second] = list.map(familyOf);
  const why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
  return [...faults, ...(first !== undefined && first === second ? [invalid(field, list, why)] : [])];
}

/** Of a range that is written in any way that some program reads. */
function familyOf(range: string): 4 | 6 | undefined {
  const parsed = parseCidr(range.replaceAll(/(?<=^|[./])0+(?=\d)/g, ""));
  if (parsed === undefined) return undefined;
  return parsed.bytes.length === 4 || /^::ffff:/i.test(range) ? 4 : 6;
}
