import { dns1123Label, dns1123Subdomain } from "@sallyport/kube";
import type { Draft } from "./draft.ts";
import { cut, networkName } from "./flag-values.ts";
import { exposedPorts, type PortMapping, publishedPorts } from "./port-specs.ts";

export function carryPublish({ container }: Draft, value: string): void {
  addPorts(container, publishedPorts(value) as readonly PortMapping[]);
}

/** Docker does not look at the protocol of a port that it only tells of. */
export function carryExpose({ container, notes }: Draft, value: string): void {
  const ports = exposedPorts(value) as readonly PortMapping[];
  const isPort = ({ protocol, containerPort }: PortMapping) =>
    ["tcp", "udp", "sctp"].includes(protocol) && containerPort > 0;
  if (ports.every(isPort)) addPorts(container, ports);
  else notes.push(`--expose ${value}: a pod has no such port`);
}

/** A port that is only exposed says nothing beside the same one published. */
function addPorts(container: Draft["container"], ports: readonly PortMapping[]): void {
  for (const { containerPort, hostPort, hostIP, protocol } of ports) {
    const known = (container["ports"] ??= []) as PortMapping[];
    const made = {
      containerPort,
      // Zero: any that is free.
      ...(hostPort ? { hostPort } : {}),
      ...(hostPort && hostIP !== undefined ? { hostIP } : {}),
      ...(protocol === "tcp" ? {} : { protocol: protocol.toUpperCase() }),
    };
    const alike = (other: PortMapping) => other.containerPort === containerPort && other.protocol === made.protocol;
    if (!hostPort && known.some(alike)) continue;
    container["ports"] = [...known.filter((other) => other.hostPort || !alike(other)), made];
  }
}

export function carryHostname({ spec, notes }: Draft, value: string): void {
  if (value === "" || dns1123Label(value).length === 0) spec["hostname"] = value;
  else notes.push(`--hostname ${value}: a pod's host name is one label of lower case letters, digits and dashes`);
}

export function carryExtraHost({ spec, notes }: Draft, value: string): void {
  const [name, text = ""] = cut(value, value.includes("=") ? "=" : ":");
  const ip = text.replace(/^\[(.*)\]$/, "$1").trim();
  if (ip === "host-gateway")
    notes.push(`--add-host ${value}: a pod finds its node's address by the downward API (status.hostIP)`);
  else if (dns1123Subdomain(name).length > 0) notes.push(`--add-host ${value}: a pod's hosts have names of DNS`);
  else (spec["hostAliases"] ??= []).push({ ip, hostnames: [name] });
}

/** Docker asks these servers alone; beside the cluster's own a pod would ask them last. */
export function carryNameserver({ spec, notes }: Draft, value: string): void {
  if (spec["dnsPolicy"] === undefined)
    notes.push("--dns: with dnsPolicy None the pod finds no names of the cluster; leave dnsPolicy out if it should");
  spec["dnsPolicy"] = "None";
  const servers = ((spec["dnsConfig"] ??= {}).nameservers ??= []) as string[];
  if (servers.length < maxNameservers) servers.push(value.trim());
  else notes.push(`--dns ${value}: a pod has ${maxNameservers} name servers at most`);
}

/** What resolvers of Linux take. */
const maxNameservers = 3;

/** `--network` with one word or with `name=NAME,alias=…`. */
export function carryNetwork(draft: Draft, value: string): void {
  const name = networkName(value);
  if (name === "host") draft.spec["hostNetwork"] = true;
  else if (name.startsWith("container:")) draft.notes.push(`--network ${value}: put both containers into one pod`);
  else if (name === "none") draft.notes.push("--network none: a NetworkPolicy that allows nothing comes nearest");
  else if (name !== "bridge" && name !== "default")
    draft.notes.push(`--network ${value}: pods of a cluster share one network`);
}

/** `--ipc`, `--pid`. */
export const carryNamespace =
  (flag: string, field: string) =>
  ({ spec, notes }: Draft, value: string): void => {
    if (value === "host") spec[field] = true;
    else if (value.startsWith("container:")) notes.push(`--${flag} ${value}: put both containers into one pod`);
    else if (value === "none") notes.push(`--${flag} none: a pod's containers share one`);
  };
