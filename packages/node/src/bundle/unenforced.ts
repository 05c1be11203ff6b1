import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { ContainerSpec, Profile } from "../security-context/pod.ts";
import { type BundlePod, contextOf } from "./context.ts";
import type { Machine } from "./machine.ts";

const profileTypes = ["RuntimeDefault", "Localhost", "Unconfined"];

/**
 * What a container asks of AppArmor or SELinux that nothing here enforces: profiles and labels are not loaded, whatever the kernel has.
 * Throws a `RuntimeFault` for a profile that is none.
 */
export function unenforced(pod: BundlePod, container: ContainerSpec, machine: Machine): readonly string[] {
  const said = contextOf(pod.spec, container);
  const profile = said<Profile>("appArmorProfile");
  if (profile !== undefined && !profileTypes.includes(profile.type))
    throw new RuntimeFault(
      "CreateContainerError",
      `appArmorProfile: unknown type "${profile.type}": ${profileTypes.join(", ")}`,
    );
  if (profile?.type === "Localhost" && (profile.localhostProfile ?? "") === "")
    throw new RuntimeFault("CreateContainerError", "appArmorProfile: Localhost without a localhostProfile");
  const why = (has: boolean) => (has ? "this node loads none" : "this node's kernel has none");
  const asksArmor = profile !== undefined && profile.type !== "Unconfined";
  const labels = said<object>("seLinuxOptions");
  return [
    ...(asksArmor ? [`AppArmor profile ${profile.type} is not enforced: ${why(machine.hasAppArmor)}`] : []),
    ...(labels === undefined ? [] : [`seLinuxOptions are not enforced: ${why(machine.hasSeLinux)}`]),
  ];
}
