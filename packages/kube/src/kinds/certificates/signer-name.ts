import { type FieldError, invalid, required, tooLong } from "../../names.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";

/** ValidateSignerName: a domain and a path, `example.com/signer-name`. */
export function validateSignerName(field: string, name: string): readonly FieldError[] {
  if (name === "") return [required(field)];
  const [domain = "", path, ...others] = name.split("/");
  if (path === undefined || others.length > 0)
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors: FieldError[] = domain.length > 253 ? [tooLong(field, 253)] : [];
  const labels = domain.split(".");
  errors.push(...labelFaults(field, domain, labels, dns1123Label));
  if (labels.length < 2)
    errors.push(invalid(field, domain, "should be a domain with at least two segments separated by dots"));
  errors.push(...labelFaults(field, path, path.split("."), dns1123Subdomain));
  return name.length > 571 ? [...errors, tooLong(field, 571)] : errors;
}

/** What is wrong with the first label that is not good. */
function labelFaults(
  field: string,
  segment: string,
  labels: readonly string[],
  format: typeof dns1123Label,
): readonly FieldError[] {
  for (const label of labels) {
    const faults = format(label);
    if (faults.length > 0)
      return faults.map((each) => invalid(field, segment, `validating label ${JSON.stringify(label)}: ${each}`));
  }
  return [];
}

/** True for signers that Kubernetes keeps for itself. */
export function isKubernetesSigner(name: string): boolean {
  const [domain = ""] = name.split("/");
  return domain === "kubernetes.io" || domain.endsWith(".kubernetes.io");
}
