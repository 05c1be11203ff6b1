import type { NodeChoice } from "./choose-node.ts";

/** Flags of `up` that a node has a say in. */
interface Flags {
  readonly authorizationMode: readonly string[];
  readonly authorizationConfig?: string;
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly kubeletPreferredAddressTypes: readonly string[];
}

/** With a node, and where the flags say nothing else, the server lets nodes do what is theirs and no more, as kubeadm sets it up. */
export function withNodeFlags<Given extends Flags>(flags: Given, { kind }: NodeChoice): Given {
  if (kind === "none") return flags;
  const saysModes = flags.authorizationMode.length > 0 || flags.authorizationConfig !== undefined;
  const isOff = flags.disableAdmissionPlugins.includes("NodeRestriction");
  const addressTypes = flags.kubeletPreferredAddressTypes;
  return {
    ...flags,
    // Nobody resolves the node's name.
    kubeletPreferredAddressTypes: addressTypes.length > 0 ? addressTypes : ["InternalIP"],
    authorizationMode: saysModes ? flags.authorizationMode : ["Node", "RBAC"],
    enableAdmissionPlugins: isOff ? flags.enableAdmissionPlugins : [...flags.enableAdmissionPlugins, "NodeRestriction"],
  };
}
