import type { Structural } from "@sallyport/kube";
import { choice, listOf, object, rule, targetRefs, text, workloadSelector } from "./schema.ts";

/** A field and its contrary: `ports` and `notPorts`. */
function both(name: string, what: string, more: Structural = {}): { readonly [name: string]: Structural } {
  const opposite = `not${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return {
    [name]: listOf(text(what), `Any of these ${what}.`, more),
    [opposite]: listOf(text(what), `None of these ${what}.`, more),
  };
}

const source = object(
  "All of its fields must be met.",
  {
    ...both("principals", "identities of mutual TLS, as cluster.local/ns/default/sa/web"),
    ...both("requestPrincipals", "identities of tokens, ISS/SUB"),
    ...both("namespaces", "namespaces of mutual TLS"),
    ...both("serviceAccounts", "service accounts of mutual TLS, as default/web", {
      maxItems: 16,
      items: { type: "string", maxLength: 320 },
    }),
    ...both("trustDomains", "trust domains of mutual TLS, as cluster.local"),
    ...both("ipBlocks", "addresses of the connection, as 10.0.0.0/8"),
    ...both("remoteIpBlocks", "addresses of X-Forwarded-For or the PROXY protocol"),
  },
  rule(
    "(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) && !has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true",
    "Cannot set serviceAccounts with namespaces or principals",
  ),
);

const operation = object("All of its fields must be met.", {
  ...both("hosts", "hosts of HTTP"),
  ...both("ports", "ports of the workload"),
  ...both("methods", "methods of HTTP"),
  ...both("paths", "paths of HTTP"),
});

const condition = object(
  "One attribute of the request.",
  {
    key: text("Its name, as source.ip; https://istio.io/latest/docs/reference/config/security/conditions/"),
    values: listOf(text("One value."), "Any of these."),
    notValues: listOf(text("One value."), "None of these."),
  },
  { required: ["key"] },
);

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export const authorizationPolicySchema: Structural = object(
  "Which calls of workloads are allowed.",
  {
    selector: workloadSelector,
    targetRef: { ...(targetRefs.items as Structural), description: "A gateway or waypoint, in place of a selector." },
    targetRefs,
    action: choice("What becomes of calls that a rule means; ALLOW when absent.", "ALLOW", "DENY", "AUDIT", "CUSTOM"),
    provider: object("Who is asked, with CUSTOM.", { name: text("Its name in the mesh's configuration.") }),
    rules: listOf(
      object("A call is meant by any of from, any of to, and all of when.", {
        from: listOf(object("One source.", { source }), "Who calls.", { maxItems: 512 }),
        to: listOf(object("One operation.", { operation }), "What is called."),
        when: listOf(condition, "What else must be so."),
      }),
      "Any of them.",
      { maxItems: 512 },
    ),
  },
  rule(
    "[has(self.selector), has(self.targetRef), has(self.targetRefs)].filter(x, x).size() <= 1",
    "only one of targetRefs or selector can be set",
  ),
);
