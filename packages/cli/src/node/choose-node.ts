import { runtimePrograms } from "@sallyport/node";
import { UsageError } from "../errors.ts";

/** What `up` has of a node: this machine; one that runs nothing and says so; or none, and why. */
export type NodeChoice =
  | { readonly kind: "machine"; readonly name: string }
  | { readonly kind: "simulated"; readonly name: string }
  | { readonly kind: "none"; readonly why: string };

/** Flags of `up` that choose. */
export interface NodeChoiceFlags {
  /** A name; false, also as text, for no node; absent for what the machine allows. */
  readonly node?: string | false;
  readonly simulate?: boolean;
  readonly etcdServers: readonly string[];
}

/** What is seen of this machine without trying anything: starting does not wait for more. */
export interface MachineLook {
  readonly platform: string;
  readonly isRoot: boolean;
  readonly hostname: string;
  readonly has: (program: string) => boolean;
}

/** What a machine must have for pods beside a runtime. */
export const nodePrograms: readonly string[] = ["ip", "mount", "nft", "nsenter", "unshare"];

const simulatedName = "simulated";

/** Throws a UsageError for flags that exclude each other. */
export function chooseNode({ node, simulate, etcdServers }: NodeChoiceFlags, machine: MachineLook): NodeChoice {
  if (simulate === true && typeof node === "string" && node !== "false")
    throw new UsageError("--simulate and --node: choose one");
  if (simulate === true) return { kind: "simulated", name: simulatedName };
  if (node === false || node === "false") return { kind: "none", why: "--no-node" };
  if (node !== undefined) return { kind: "machine", name: node };
  // Two servers of one etcd would both write the Node of this machine.
  if (etcdServers.length > 0) return { kind: "none", why: "other servers may share this etcd; --node NAME makes one" };
  const why = whyNot(machine);
  if (why !== undefined) return { kind: "none", why: `${why}; sallyport runtime probe tells more` };
  // As kubelets do.
  return { kind: "machine", name: machine.hostname.trim().toLowerCase() };
}

function whyNot({ platform, isRoot, hostname, has }: MachineLook): string | undefined {
  if (platform !== "linux") return "pods run on Linux alone";
  if (!isRoot) return "pods run for root alone";
  const runtimes = Object.values(runtimePrograms);
  if (!runtimes.some(has)) return `none of ${runtimes.join(", ")} is on the PATH`;
  const absent = nodePrograms.filter((name) => !has(name));
  if (absent.length > 0) return `${absent.join(", ")} not on the PATH`;
  if (!subdomain.test(hostname.trim().toLowerCase()))
    return `a Node cannot be named ${JSON.stringify(hostname)}, as this machine is; --node NAME gives another name`;
  return undefined;
}

/** RFC 1123, as names of Nodes are. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
