import {
  type CallDetails,
  type Caller,
  type MeshView,
  type MeshWorkload,
  parseReference,
  type Reference,
  serviceNamed,
  type Target,
  titleOf,
  workloadsNamed,
} from "@sallyport/mesh";
import { UsageError } from "../errors.ts";
import { InputError } from "../manifests.ts";

/** How somebody is named, for messages. */
const forms = "expected NAME, NAMESPACE/NAME or KIND/NAME";

/** `NAME:PORT`, and what stands before it. Throws `UsageError`. */
export function splitPort(text: string): { readonly name: string; readonly port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65535)
    throw new UsageError(`${text}: expected NAME:PORT, with a port from 1 to 65535`);
  return { name: match[1], port };
}

/** The one workload of that name. Throws `UsageError` and `InputError`. */
export function workloadOf(view: MeshView, text: string, namespace: string): MeshWorkload {
  const reference = referenceOf(text, namespace);
  const found = workloadsNamed(view, reference);
  const [only] = found;
  if (only === undefined) throw new InputError(`${text}: no such workload in namespace ${reference.namespace}`);
  if (found.length > 1) throw new UsageError(`${text}: which of ${found.map(titleOf).join(", ")}? Name the kind too`);
  return only;
}

/** Who calls: a workload, or `outside`. */
export function callerOf(view: MeshView, text: string, namespace: string): Caller {
  return text === "outside" ? "outside" : workloadOf(view, text, namespace);
}

/** What is called: the port of a Service of that name, else of a workload. */
export function targetOf(view: MeshView, text: string, namespace: string): Target {
  const { name, port } = splitPort(text);
  const reference = referenceOf(name, namespace);
  const service = serviceNamed(view, reference);
  if (service?.ports.some((each) => each.port === port)) return { service, port };
  const workloads = workloadsNamed(view, reference);
  if (workloads.length > 0) return { workload: workloadOf(view, name, namespace), port };
  if (service === undefined)
    throw new InputError(`${name}: no such Service or workload in namespace ${reference.namespace}`);
  const ports = service.ports.map((each) => each.port).join(", ");
  throw new InputError(`${text}: the Service has no such port, but ${ports === "" ? "none" : ports}`);
}

function referenceOf(text: string, namespace: string): Reference {
  const reference = parseReference(text, namespace);
  if (reference === undefined) throw new UsageError(`${text}: ${forms}`);
  return reference;
}

/** Of a command line about a request. */
export interface RequestFlags {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly header?: readonly string[];
  readonly ip?: string;
}

/** A request where any of it is told, or the port is of HTTP; else a connection. Throws `UsageError`. */
export function detailsOf({ method, path, host, header = [], ip }: RequestFlags, target: Target): CallDetails {
  const address = ip === undefined ? {} : { ip };
  const protocol = target.service?.ports.find(({ port }) => port === target.port)?.protocol ?? "auto";
  const isAsked = [method, path, host].some((each) => each !== undefined) || header.length > 0;
  if (!isAsked && !["http", "http2", "grpc"].includes(protocol)) return address;
  const headers = Object.fromEntries(header.map(headerOf));
  const known = { method: method ?? "GET", path: (path ?? "/").split(/[?#]/)[0] || "/", headers };
  return { ...address, http: { ...known, host: host ?? target.service?.host ?? "" } };
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  if (colon < 1) throw new UsageError(`--header ${text}: expected NAME: VALUE`);
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}
