import { type KubeObject, timestampOf } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import { type Condition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const group = "apiregistration.k8s.io";

interface Reference {
  readonly namespace: string;
  readonly name: string;
  readonly port?: number;
}

interface Slice {
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null;
  readonly ports?: readonly { readonly name?: string }[] | null;
}

/**
 * Says of each APIService that another server should answer why it does not: this one forwards nothing to others. kube-apiserver does
 * this itself.
 */
export const apiServiceAvailability: ControllerKind = {
  name: "apiservice-status-remote-available-controller",
  alias: "apiservice-availability",
  account: "",
  user: "system:apiserver",
  create: (context) => {
    const of = (namespace: string, name: string) =>
      context.cache
        .list(group, "apiservices")
        .filter((each) => serviceOf(each)?.namespace === namespace && serviceOf(each)?.name === name)
        .map(({ metadata }) => metadata.name ?? "");
    return reconciler(
      {
        name: apiServiceAvailability.name,
        follows: [
          { group, resource: "apiservices", keys: (event) => (event.object === undefined ? [] : ownKey(event)) },
          { group: "", resource: "services", keys: ({ namespace, name }) => of(namespace, name) },
          {
            group: "discovery.k8s.io",
            resource: "endpointslices",
            keys: ({ namespace, object, previous }) => of(namespace, serviceName(object ?? previous)),
          },
        ],
        sync: (name) => say(name, context),
      },
      context,
    );
  },
};

function serviceOf(found: KubeObject): Reference | undefined {
  return (found["spec"] as { readonly service?: Reference } | undefined)?.service ?? undefined;
}

function serviceName(slice: KubeObject | undefined): string {
  return slice?.metadata.labels?.["kubernetes.io/service-name"] ?? "";
}

async function say(name: string, context: ControllerContext): Promise<void> {
  const { cache, client, clock } = context;
  const found = cache.get(group, "apiservices", "", name);
  const service = found && serviceOf(found);
  if (found === undefined || service === undefined) return;
  const condition = { type: "Available", status: "False", ...faultOf(service, found, context) } as const;
  await client.updateStatus(found, (fresh) => {
    const status = (fresh["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
    const conditions = withCondition(status.conditions, condition, timestampOf(clock.now()));
    return isEqual(conditions, status.conditions) ? fresh : { ...fresh, status: { ...status, conditions } };
  });
}

/** The first thing that is missing on the way to the other server. */
function faultOf(
  { namespace, name, port = 443 }: Reference,
  apiService: KubeObject,
  { cache }: ControllerContext,
): { readonly reason: string; readonly message: string } {
  const shown = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = cache.get("", "services", namespace, name);
  if (service === undefined) return { reason: "ServiceNotFound", message: `${shown} is not present` };
  const ports = (service["spec"] as { readonly ports?: readonly { readonly port: number; readonly name?: string }[] })
    .ports;
  const served = ports?.find((each) => each.port === port);
  if (served === undefined) return { reason: "ServicePortError", message: `${shown} is not listening on port ${port}` };
  const slices = cache
    .list("discovery.k8s.io", "endpointslices")
    .filter((each) => each.metadata.namespace === namespace && serviceName(each) === name);
  if (slices.length === 0) return { reason: "EndpointsNotFound", message: `cannot find endpointslices for ${shown}` };
  const portName = served.name ?? "";
  const isReady = slices.some((each) => hasAddress(each as unknown as Slice, portName));
  if (!isReady) {
    const message = `endpointslices for ${shown} have no addresses with port name ${JSON.stringify(portName)}`;
    return { reason: "MissingEndpoints", message };
  }
  const { group: of, version } = apiService["spec"] as { readonly group: string; readonly version: string };
  return {
    reason: "FailedDiscoveryCheck",
    message: `failing or missing response from https://${name}.${namespace}.svc:${port}/apis/${of}/${version}: this server forwards no requests to others`,
  };
}

function hasAddress({ endpoints, ports }: Slice, portName: string): boolean {
  const isPort = (ports ?? []).some((each) => (each.name ?? "") === portName);
  return isPort && (endpoints ?? []).some(({ addresses }) => addresses.length > 0);
}
