import type { KubeObject } from "../../object.ts";
import type { Fields } from "../rules.ts";
import { appArmorAdvice } from "./pod-warnings.ts";

const prefix = "container.apparmor.security.beta.kubernetes.io/";

/** What an annotation of before 1.30 says, as a profile; undefined for what says none. */
function profileOf(annotation: string): Fields | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  const name = annotation.startsWith("localhost/") ? annotation.slice("localhost/".length) : "";
  return name === "" ? undefined : { type: "Localhost", localhostProfile: name };
}

/** A new pod whose AppArmor annotations are fields, too, where no field says otherwise; each such annotation is warned of. */
export function withAppArmorFields(pod: KubeObject, warn: (text: string) => void): KubeObject {
  const annotations = Object.entries(pod.metadata.annotations ?? {}).filter(([key]) => key.startsWith(prefix));
  const spec = (pod["spec"] ?? {}) as Fields;
  if (annotations.length === 0 || spec["os"]?.name === "windows") return pod;
  const said = new Map(annotations.map(([key, value]) => [key.slice(prefix.length), value]));
  const podProfile = JSON.stringify(spec["securityContext"]?.appArmorProfile);
  const synced = (container: Fields): Fields => {
    const annotation = said.get(container["name"]);
    if (annotation === undefined || container["securityContext"]?.appArmorProfile !== undefined) return container;
    const profile = profileOf(annotation);
    if (profile !== undefined && JSON.stringify(profile) === podProfile) return container;
    warn(`metadata.annotations[${prefix}${container["name"]}]: ${appArmorAdvice}`);
    if (profile === undefined) return container;
    return { ...container, securityContext: { ...container["securityContext"], appArmorProfile: profile } };
  };
  const lists = ["initContainers", "containers", "ephemeralContainers"].filter((name) => spec[name] !== undefined);
  const changed = Object.fromEntries(lists.map((name) => [name, (spec[name] as Fields[]).map(synced)]));
  return { ...pod, spec: { ...spec, ...changed } };
}
