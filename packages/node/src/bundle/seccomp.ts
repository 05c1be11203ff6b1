import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { Profile } from "../security-context/pod.ts";
import type { Said } from "./context.ts";
import type { Machine } from "./machine.ts";
import { defaultProfile } from "./seccomp-default.ts";

/** Answers the text of a profile that a pod names by its path under the node's folder of them; undefined where there is none. */
export type LocalhostProfiles = (path: string) => string | undefined;

export interface SeccompOptions {
  readonly machine: Machine;
  /** Of the container, with CAP_: the runtime's profile opens what they are for. */
  readonly capabilities: readonly string[];
  readonly localhost: LocalhostProfiles;
  /** As kubelet's --seccomp-default: who says nothing gets the runtime's profile. */
  readonly isDefault: boolean;
}

/** The filter of a container in OCI's form; undefined for none. */
export function containerSeccomp(said: Said, options: SeccompOptions): object | undefined {
  if (said("privileged") === true) return undefined;
  const profile = said<Profile>("seccompProfile") ?? { type: options.isDefault ? "RuntimeDefault" : "Unconfined" };
  if (profile.type === "Unconfined") return undefined;
  if (profile.type === "RuntimeDefault") return defaultProfile(options.machine, options.capabilities);
  if (profile.type === "Localhost") return localhostProfile(profile.localhostProfile ?? "", options.localhost);
  throw new RuntimeFault(
    "CreateContainerError",
    `seccompProfile: unknown type "${profile.type}": RuntimeDefault, Localhost or Unconfined`,
  );
}

/** Of the OCI form a profile must have a default action; what else is wrong in it the runtime says. */
function localhostProfile(path: string, read: LocalhostProfiles): object {
  const text = read(path);
  const fault = (message: string) =>
    new RuntimeFault("CreateContainerError", `cannot load seccomp profile "${path}": ${message}`);
  if (text === undefined) throw fault("the node has no such file");
  const profile = parsed(text);
  if (profile === undefined) throw fault("it is no JSON object");
  if (typeof profile["defaultAction"] !== "string") throw fault("it has no defaultAction");
  return profile;
}

function parsed(text: string): { readonly [field: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as { readonly [field: string]: unknown })
      : undefined;
  } catch {
    return undefined;
  }
}
