import type { ServedPort } from "../../view/mesh-view.ts";
import { type Fields, listOf, ofKind, type PlacedObject } from "../../view/placed-object.ts";
import type { Finding, FindingSource } from "../finding.ts";

/** The API server, which calls webhooks and other API servers with TLS of its own. */
export const apiServer: FindingSource = {
  name: "API server",
  find: (view, port) => {
    const calls = [
      ...["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].flatMap((kind) =>
        ofKind(view.objects, "admissionregistration.k8s.io", kind).flatMap((each) =>
          listOf((each.object as Fields).webhooks).map((hook) =>
            callOf(each, hook.clientConfig?.service, `its webhook ${hook.name}`),
          ),
        ),
      ),
      ...ofKind(view.objects, "apiregistration.k8s.io", "APIService").map((each) =>
        callOf(each, specOf(each).service, "it serves a part of the API"),
      ),
      ...ofKind(view.objects, "apiextensions.k8s.io", "CustomResourceDefinition").map((each) =>
        callOf(each, specOf(each).conversion?.webhook?.clientConfig?.service, "it converts its objects"),
      ),
    ];
    return calls.flatMap((call) => (call !== undefined && leadsTo(call, port) ? [findingOf(call)] : []));
  },
};

interface ApiCall {
  readonly by: PlacedObject;
  readonly why: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

function specOf({ object }: PlacedObject): Fields {
  return object["spec"] ?? {};
}

function callOf(by: PlacedObject, service: Fields, why: string): ApiCall | undefined {
  if (typeof service?.name !== "string") return undefined;
  const { namespace = "default", name, port = 443 } = service;
  return { by, why, namespace, name, port };
}

function leadsTo({ namespace, name, port }: ApiCall, { through }: ServedPort): boolean {
  return through.some((way) => way.service.namespace === namespace && way.service.name === name && way.port === port);
}

function findingOf({ by: { object, place }, why, name, port }: ApiCall): Finding {
  return {
    grade: "certain",
    source: apiServer.name,
    client: "the API server",
    reason: `${object.kind} ${object.metadata.name} has it call ${name}:${port} with TLS of its own (${why})`,
    sends: "foreign",
    better: "take the port from the sidecar by traffic.sidecar.istio.io/excludeInboundPorts: it has TLS already",
    ...(place === undefined ? {} : { place }),
  };
}
