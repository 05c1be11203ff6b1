import type { Draft, Fields } from "./draft.ts";
import { cut } from "./flag-values.ts";
import { securityOption } from "./given-flags.ts";
import { booleanOf } from "./go-values.ts";

/** `1001`, `1001:1001`, `root`. */
export function carryUser({ context, notes }: Draft, value: string): void {
  const [name, group = ""] = cut(value, ":");
  if (/^\d+$/.test(name)) context["runAsUser"] = Number(name);
  else if (name === "root") context["runAsUser"] = 0;
  else if (name !== "")
    notes.push(`--user ${name}: a pod names users by number; look it up in the image's /etc/passwd`);
  if (/^\d+$/.test(group)) context["runAsGroup"] = Number(group);
  else if (group === "root") context["runAsGroup"] = 0;
  else if (group !== "") notes.push(`--user :${group}: a pod names groups by number`);
}

export function carrySecurityOption({ context, notes }: Draft, value: string): void {
  const [name, text = "true"] = securityOption(value);
  if (name === "no-new-privileges") context["allowPrivilegeEscalation"] = booleanOf(text) === false;
  else if (name === "seccomp") context["seccompProfile"] = seccompProfile(text, value, notes);
  else if (name === "apparmor") context["appArmorProfile"] = appArmorProfile(text);
  else if (name === "label") {
    const [key, label = ""] = cut(text, ":");
    if (key === "disable") notes.push("--security-opt label=disable: SELinux type spc_t comes nearest");
    else if (["user", "role", "type", "level"].includes(key)) (context["seLinuxOptions"] ??= {})[key] = label;
    else notes.push(`--security-opt ${value}: not carried over`);
  } else if (name === "systempaths")
    notes.push(
      "--security-opt systempaths=unconfined: procMount: Unmasked, which the API takes only with hostUsers: false",
    );
  else notes.push(`--security-opt ${value}: not carried over`);
}

function seccompProfile(text: string, value: string, notes: string[]): Fields {
  if (text === "unconfined") return { type: "Unconfined" };
  if (text === "builtin") return { type: "RuntimeDefault" };
  notes.push(`--security-opt ${value}: the file must lie below kubelet's seccomp folder on each node`);
  const parts = text.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  return { type: "Localhost", localhostProfile: parts.join("/") };
}

function appArmorProfile(name: string): Fields {
  if (name === "unconfined") return { type: "Unconfined" };
  return name === "docker-default" ? { type: "RuntimeDefault" } : { type: "Localhost", localhostProfile: name };
}
