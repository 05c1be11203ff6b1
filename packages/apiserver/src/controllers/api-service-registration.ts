import { timestampOf } from "@sallyport/kube";
import { automanaged, customApiService } from "../api-services.ts";
import { definitionsResource, resourcesOf } from "../custom/catalogue.ts";
import { isReason } from "./client.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";

const group = "apiregistration.k8s.io";

/** Keeps an APIService for each version that CustomResourceDefinitions add. kube-apiserver does this itself. */
export const apiServiceRegistration: ControllerKind = {
  name: "crdregistration-controller",
  alias: "crdregistration",
  account: "",
  user: "system:apiserver",
  create: (context) =>
    reconciler(
      {
        name: apiServiceRegistration.name,
        follows: [
          {
            ...definitionsResource,
            keys: ({ object, previous }) =>
              [object, previous].flatMap((each) => (each === undefined ? [] : resourcesOf(each).map(nameOf))),
          },
          {
            group,
            resource: "apiservices",
            keys: ({ name, object, previous }) =>
              (object ?? previous)?.metadata.labels?.[automanaged] === "true" ? [name] : [],
          },
        ],
        sync: (name) => keep(name, context),
      },
      context,
    ),
};

function nameOf({ group: of, version }: { readonly group: string; readonly version: string }): string {
  return `${version}.${of}`;
}

async function keep(name: string, { cache, client, clock }: ControllerContext): Promise<void> {
  const at = name.indexOf(".");
  const [version, of] = [name.slice(0, at), name.slice(at + 1)];
  const isServed = cache
    .list(definitionsResource.group, definitionsResource.resource)
    .some((definition) => resourcesOf(definition).some((each) => nameOf(each) === name));
  const found = cache.get(group, "apiservices", "", name);
  if (!isServed && found?.metadata.labels?.[automanaged] === "true") await client.delete(found);
  if (!isServed || found !== undefined) return;
  await client.create(customApiService(of, version, timestampOf(clock.now()))).catch((error: unknown) => {
    if (!isReason(error, "AlreadyExists")) throw error;
  });
}
