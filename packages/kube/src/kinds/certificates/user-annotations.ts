import { type FieldError, invalid, required, tooLong } from "../../names.ts";
import { labelKey } from "../formats.ts";

/** 256 KiB over all keys and values. */
const maxBytes = 256 * 1024;

/** ValidateUserAnnotations: what a pod tells its signer, by keys of domains, `example.com/key`. */
export function validateUserAnnotations(
  annotations: { readonly [key: string]: string } | undefined,
  path: string,
): readonly FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return [
    ...entries.flatMap(([key]) => domainPrefixed(key.toLowerCase(), path)),
    ...(size > maxBytes ? [tooLong(path, maxBytes)] : []),
  ];
}

/** IsDomainPrefixedKey. */
function domainPrefixed(key: string, path: string): readonly FieldError[] {
  if (key === "") return [required(path)];
  const faults = labelKey(key);
  if (faults.length > 0) return faults.map((each) => invalid(path, key, each));
  return key.includes("/") ? [] : [invalid(path, key, 'must be a domain-prefixed key (such as "acme.io/foo")')];
}
