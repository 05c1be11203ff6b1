import type { PeerAuthentication } from "../peer-authentication.ts";
import { selectsLabels } from "../workload.ts";
import { dryRunFaults, type Faults, faultIf, selectorFaults, together } from "./findings.ts";

/** What Istio's webhook says of a PeerAuthentication that has the shape of one. */
export function peerAuthenticationFaults(policy: PeerAuthentication): Faults {
  const { selector, portLevelMtls } = policy.spec ?? {};
  const ports = Object.keys(portLevelMtls ?? {});
  const faults = [
    ...dryRunFaults(policy),
    ...faultIf(
      !selectsLabels(selector) && ports.length > 0,
      "mesh/namespace peer authentication cannot have port level mTLS",
    ),
    ...faultIf(
      portLevelMtls !== undefined && ports.length === 0,
      "port level mTLS, if defined, must have at least one element",
    ),
    ...ports.flatMap((port) => faultIf(!isPort(port), "port must be in range 1..65535")),
  ];
  return together({ faults, warnings: [] }, selectorFaults(selector));
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}
