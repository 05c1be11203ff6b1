import { type FieldError, required } from "@sallyport/kube";
import { invalidValue, type PodSecurityPolicySpec, type SELinuxOptions } from "./policy.ts";

type Strategy = PodSecurityPolicySpec["seLinux"];

export function seLinuxFault({ rule, seLinuxOptions }: Strategy): string | undefined {
  if (rule === "RunAsAny") return undefined;
  if (rule !== "MustRunAs") return `Unrecognized SELinuxContext strategy type ${rule}`;
  return seLinuxOptions === undefined ? "MustRunAs requires SELinuxOptions" : undefined;
}

export function defaultSELinux({ rule, seLinuxOptions }: Strategy): SELinuxOptions | undefined {
  return rule === "MustRunAs" ? seLinuxOptions : undefined;
}

export function validateSELinux(
  { rule, seLinuxOptions: wanted = {} }: Strategy,
  given: SELinuxOptions | undefined,
  path: string,
): readonly FieldError[] {
  if (rule !== "MustRunAs") return [];
  if (given === undefined) return [required(path)];
  return (["level", "role", "type", "user"] as const).flatMap((field) => {
    const [is, must] = [given[field] ?? "", wanted[field] ?? ""];
    const fits = is === must || (field === "level" && isSameLevel(must, is));
    return fits ? [] : [invalidValue(`${path}.${field}`, JSON.stringify(is), `must be ${must}`)];
  });
}

/** `s0:c6,c0` is `s0:c0,c6`: categories have no order. */
function isSameLevel(a: string, b: string): boolean {
  const [left, right] = [a, b].map((level) => {
    const at = level.indexOf(":");
    return at < 0
      ? undefined
      : [
          level.slice(0, at),
          ...level
            .slice(at + 1)
            .split(",")
            .sort(),
        ].join();
  });
  return left !== undefined && left === right;
}
