import type { UserInfo } from "@sallyport/admission";
import { qualifiedResource, StatusError } from "@sallyport/kube";
import type { RequestInfo } from "../http/request-info.ts";
import type { Attributes, Authorizer, Verdict } from "./authorizer.ts";
import { fieldRequirements, labelRequirements, selectorsOf } from "./selectors.ts";

/** What a request asks for, for authorizers. */
export function attributesOf(user: UserInfo, info: RequestInfo, query: URLSearchParams): Attributes {
  const { verb, group, version, resource, subresource, namespace, path, isResource } = info;
  const fieldSelector = requiredFields(info, query);
  const named = verb === "deletecollection" ? "" : pathSegment(fieldSelector["metadata.name"] ?? "");
  const name = info.name || named;
  const about = isResource ? { fieldSelector, ...selectorsIn(info, query) } : { path };
  return { user, verb, group, version, resource, subresource, namespace, name, ...about };
}

function selectorsIn({ verb }: RequestInfo, query: URLSearchParams): Pick<Attributes, "selectors"> {
  if (!["list", "watch", "deletecollection"].includes(verb)) return {};
  const text = (name: string) => query.get(name) ?? "";
  return selectorsOf(fieldRequirements(text("fieldSelector")), labelRequirements(text("labelSelector")));
}

/** The fields that the selector of a list, watch or deletecollection sets to one value. */
function requiredFields({ verb }: RequestInfo, query: URLSearchParams): { readonly [field: string]: string } {
  if (!["list", "watch", "deletecollection"].includes(verb)) return {};
  const terms = (query.get("fieldSelector") ?? "").split(",");
  return Object.fromEntries(
    terms.flatMap((term) => {
      const [, field, value] = /^([^=!]+)==?([^=!]+)$/.exec(term) ?? [];
      return field === undefined || value === undefined ? [] : [[field, value]];
    }),
  );
}

/** A list or watch of the one object that a field selector names is a request for that object. */
function pathSegment(name: string): string {
  return name === "." || name === ".." || /[/%]/.test(name) ? "" : name;
}

/** Throws kube-apiserver's Forbidden unless the authorizer allows: at once, where it knows at once. `annotate` is told the verdict, for the audit log. */
export function demand(
  authorizer: Authorizer,
  attributes: Attributes,
  annotate: (annotations: { readonly [key: string]: string }) => void = () => {},
): void | Promise<void> {
  const judge = ({ decision, reason }: Verdict) => {
    annotate({
      "authorization.k8s.io/decision": decision === "Allow" ? "allow" : "forbid",
      "authorization.k8s.io/reason": reason,
    });
    if (decision !== "Allow") throw forbidden(attributes, reason);
  };
  const asked = authorizer.authorize(attributes);
  return asked instanceof Promise ? asked.then(judge) : judge(asked);
}

/** kube-apiserver's refusal of a request. */
export function forbidden(attributes: Attributes, reason: string): StatusError {
  const { user, verb, group, resource, subresource = "", namespace, name, path } = attributes;
  const why = reason === "" ? "" : `: ${reason}`;
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (path !== undefined)
    return new StatusError("Forbidden", `forbidden: ${who} path ${JSON.stringify(path)}${why}`, {});
  const qualified = qualifiedResource(attributes);
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const subject = name === "" ? qualified : `${qualified} ${JSON.stringify(name)}`;
  const message = `${subject} is forbidden: ${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}${why}`;
  const details = { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: resource };
  return new StatusError("Forbidden", message, details);
}
