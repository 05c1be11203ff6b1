import type { UserInfo } from "@sallyport/admission";
import { authorizeByRbac, type RbacReader, StatusError } from "@sallyport/kube";
import type { RequestInfo } from "./request-info.ts";

/** kube-apiserver's `--authorization-mode`. The first one that allows decides. */
export type AuthorizationMode = "AlwaysAllow" | "AlwaysDeny" | "RBAC";

/** Throws kube-apiserver's Forbidden when no mode allows. */
export function authorize(
  user: UserInfo,
  info: RequestInfo,
  reader: RbacReader,
  modes: readonly AuthorizationMode[],
): void {
  const { verb, group, resource, subresource, namespace, name, path } = info;
  const request = { user, verb, group, resource, subresource, namespace, name, ...(info.isResource ? {} : { path }) };
  if (modes.includes("AlwaysAllow") || (modes.includes("RBAC") && authorizeByRbac(reader, request).allowed)) return;
  if (!info.isResource)
    throw new StatusError(
      "Forbidden",
      `forbidden: User ${JSON.stringify(user.username)} cannot ${verb} path ${JSON.stringify(path)}`,
    );
  const qualified = group === "" ? resource : `${resource}.${group}`;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const subject = name === "" ? qualified : `${qualified} ${JSON.stringify(name)}`;
  const message = `${subject} is forbidden: User ${JSON.stringify(user.username)} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}`;
  throw new StatusError("Forbidden", message, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}
