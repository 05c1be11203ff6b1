import type { Structural } from "@sallyport/kube";
import { choice, kept, listOf, object, text, workloadSelector } from "./schema.ts";

const tls = object("How clients begin TLS.", {
  mode: choice("ISTIO_MUTUAL with the mesh's certificates.", "DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"),
  clientCertificate: text("A file, with MUTUAL."),
  privateKey: text("A file, with MUTUAL."),
  caCertificates: text("A file."),
  caCrl: text("A file."),
  credentialName: text("A Secret."),
  insecureSkipVerify: { type: "boolean", nullable: true, description: "Whoever the server is." },
  sni: text("The name in TLS."),
  subjectAltNames: listOf(text("One name."), "Whom the server must prove to be one of."),
});

/** What settings of traffic say beside TLS. */
const others = {
  connectionPool: kept("Not used by Sallyport's proxy."),
  loadBalancer: kept("Not used by Sallyport's proxy."),
  outlierDetection: kept("Not used by Sallyport's proxy."),
};

const trafficPolicy = object("Settings of connections.", {
  tls,
  portLevelSettings: listOf(
    object("Of one port.", {
      port: object("Of the Service.", {
        number: { type: "integer", minimum: 0, maximum: 4_294_967_295, description: "Its number." },
      }),
      tls,
      ...others,
    }),
    "In place of the others, by port.",
    { maxItems: 4096 },
  ),
  ...others,
  proxyProtocol: kept("Not used by Sallyport's proxy."),
  retryBudget: kept("Not used by Sallyport's proxy."),
  tunnel: kept("Not used by Sallyport's proxy."),
});

/** https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
export const destinationRuleSchema: Structural = object(
  "How clients connect to a Service.",
  {
    host: text("The Service: web, of the rule's namespace, or its name in full."),
    trafficPolicy,
    subsets: listOf(
      object(
        "Pods of the Service by their labels.",
        {
          name: text("Its name."),
          labels: { type: "object", description: "Of its pods.", additionalProperties: { type: "string" } },
          trafficPolicy,
        },
        { required: ["name"] },
      ),
      "Parts of the Service.",
    ),
    exportTo: listOf(text("A namespace."), "Namespaces that see the rule: . its own, * all."),
    workloadSelector: { ...workloadSelector, description: "Clients that use the rule; all when absent." },
  },
  { required: ["host"] },
);
