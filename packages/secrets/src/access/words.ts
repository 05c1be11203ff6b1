import type { AllowedAct, Right } from "./rights.ts";
import { rbacText } from "./world.ts";

/** `get, list secrets`; of many the first, and how many there are. */
export function actsText(allowed: readonly AllowedAct[]): string {
  const resources = [...new Set(allowed.map(resourceText))];
  const first = resources[0] ?? "";
  const verbs = allowed.filter((each) => resourceText(each) === first).map(({ verb }) => verb);
  const more = resources.length === 1 ? "" : ` and ${resources.length - 1} more`;
  return `${verbs.join(", ")} ${first}${more}`;
}

function resourceText({ group, resource }: AllowedAct): string {
  const [name = "", subresource] = resource.split("/");
  return `${group === "" ? name : `${name}.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
}

/** `get secrets: rule 2 of Role prod/reader, through RoleBinding prod/jane to Group devs`. */
export function rightText({ allowed, grant }: Right): string {
  const { role, from, index, binding } = grant;
  const gathered = rbacText(role) === rbacText(from) ? "" : `, gathered by ${rbacText(role)}`;
  return `${actsText(allowed)}: rule ${index + 1} of ${rbacText(from)}${gathered}, through ${rbacText(binding)}`;
}
