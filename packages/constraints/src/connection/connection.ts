import type { KubeObject } from "@sallyport/kube";

/** Where violations are exported to: a Connection's `spec.config` for the driver `disk`. https://open-policy-agent.github.io/gatekeeper/website/docs/export */
export interface DiskConnection {
  /** A folder, in which each channel has one of its own. */
  readonly path: string;
  /** Files of so many audits are kept, one of each. */
  readonly maxAuditResults: number;
}

/** What is wrong with a Connection, in Gatekeeper's words. */
export class ConnectionFault extends Error {
  override name = "ConnectionFault";
}

/** As Gatekeeper has it: a disk is small. */
const maxAllowedAuditRuns = 5;

/** connection.gatekeeper.sh/v1alpha1. Throws `ConnectionFault`. */
export function diskConnection({ metadata, spec }: KubeObject & { readonly spec?: unknown }): DiskConnection {
  const { driver = "", config } = (spec ?? {}) as { readonly driver?: string; readonly config?: unknown };
  if (driver !== "disk") throw new ConnectionFault(`driver ${driver} is not supported`);
  const fault = (text: string) => new ConnectionFault(`error creating connection ${metadata.name}: ${text}`);
  if (config === null || typeof config !== "object" || Array.isArray(config))
    throw fault("invalid config format, expected map[string]interface{}");
  const { path, maxAuditResults } = config as { readonly path?: unknown; readonly maxAuditResults?: unknown };
  if (typeof path !== "string") throw fault("missing or invalid 'path'");
  if (path === "") throw fault("invalid path: path cannot be empty");
  if (path.includes("..")) throw fault("invalid path: path must not contain '..', dir traversal is not allowed");
  if (typeof maxAuditResults !== "number") throw fault("missing or invalid 'maxAuditResults'");
  if (maxAuditResults < 0) throw fault("maxAuditResults cannot be negative");
  if (maxAuditResults > maxAllowedAuditRuns)
    throw fault(`maxAuditResults cannot be greater than the maximum allowed audit runs: ${maxAllowedAuditRuns}`);
  return { path, maxAuditResults: Math.trunc(maxAuditResults) };
}
