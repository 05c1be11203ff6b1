import { invalidStatus, type KubeObject, StatusError } from "@sallyport/kube";
import { notFound } from "../../registry/faults.ts";
import { readObject } from "../read-object.ts";
import type { Subresource } from "./subresource.ts";

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
  readonly ephemeralContainers?: readonly { readonly name: string }[];
}

/** Streams into containers end at a kubelet. No pod of ours runs on one: each is refused as kube-apiserver does without the node. */
function intoContainer(name: string): Subresource {
  return {
    name: `pods/${name}`,
    serve: async ({ call, context }, options) => {
      const pod = readObject(call, context.info, options);
      if (name !== "portforward") checkContainer(pod, call.query);
      throw unreachable(pod);
    },
  };
}

/** A pod without a node has written nothing. */
const log: Subresource = {
  name: "pods/log",
  serve: async ({ call, context }, options) => {
    checkLogOptions(call.query, context);
    const pod = readObject(call, context.info, options);
    checkContainer(pod, call.query);
    if (specOf(pod).nodeName) throw unreachable(pod);
    call.response.writeHead(204, { "cache-control": "no-cache, private" }).end();
  },
};

function checkLogOptions(query: URLSearchParams, { info, name }: Parameters<Subresource["serve"]>[0]["context"]): void {
  const tail = query.get("tailLines");
  if (tail !== null && Number(tail) < 0)
    throw invalidStatus({ ...info, kind: "PodLogOptions" }, name, [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${tail}: must be greater than or equal to 0`,
        field: "tailLines",
      },
    ]);
}

function specOf(pod: KubeObject): PodSpec {
  return (pod["spec"] ?? {}) as PodSpec;
}

function checkContainer(pod: KubeObject, query: URLSearchParams): void {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = specOf(pod);
  const wanted = query.get("container") || pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  const names = containers.map(({ name }) => name);
  if (wanted === undefined && names.length !== 1) {
    const all = [`choose one of: [${names.join(" ")}]`];
    if (initContainers.length > 0)
      all.push(`or one of the init containers: [${initContainers.map(({ name }) => name).join(" ")}]`);
    throw new StatusError(
      "BadRequest",
      `a container name must be specified for pod ${pod.metadata.name}, ${all.join(" ")}`,
    );
  }
  const known = [...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === wanted);
  if (wanted !== undefined && !known)
    throw new StatusError("BadRequest", `container ${wanted} is not valid for pod ${pod.metadata.name}`);
}

function unreachable(pod: KubeObject): StatusError {
  const { nodeName } = specOf(pod);
  return nodeName
    ? notFound({ group: "", resource: "pods" }, nodeName)
    : new StatusError("BadRequest", `pod ${pod.metadata.name} does not have a host assigned`);
}

/** Nothing listens behind nodes, pods and services. */
const proxies: readonly Subresource[] = [
  {
    name: "pods/proxy",
    serve: async ({ call, context }, options) => {
      readObject(call, context.info, options);
      throw new StatusError("BadRequest", "address not allowed");
    },
  },
  {
    name: "services/proxy",
    serve: async ({ call, context }, options) => {
      const { metadata } = readObject(call, context.info, options);
      throw new StatusError(
        "ServiceUnavailable",
        `no endpoints available for service ${JSON.stringify(metadata.name)}`,
      );
    },
  },
  {
    name: "nodes/proxy",
    serve: async ({ call, context }, options) => {
      const { metadata } = readObject(call, context.info, options);
      throw new StatusError("ServiceUnavailable", `no kubelet runs on node ${JSON.stringify(metadata.name)}`);
    },
  },
];

/** Every subresource that connects a client with what runs on a node. */
export const connections: readonly Subresource[] = [
  log,
  ...["exec", "attach", "portforward"].map(intoContainer),
  ...proxies,
];
