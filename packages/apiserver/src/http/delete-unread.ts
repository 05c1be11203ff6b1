import { qualifiedResource, type ResourceInfo, type Status, StatusError } from "@sallyport/kube";
import { attributesOf } from "../authorization/attributes.ts";
import type { DeleteOptions } from "../registry/context.ts";
import { write } from "./answer.ts";
import { type Call, type HandlerOptions, writeContext } from "./call.ts";

const verb = "unsafe-delete-ignore-read-errors";

/** KEP-3926: what cannot be read is deleted unread by who may; the audit log tells of it. Throws `Forbidden`. */
export async function deleteUnread(
  call: Call,
  served: ResourceInfo,
  deletion: DeleteOptions,
  { registry, authorizer }: HandlerOptions,
): Promise<void> {
  const { info, user, query } = call;
  const context = writeContext(call, served);
  context.audit({ "apiserver.k8s.io/unsafe-delete-ignore-read-error": "" });
  const { decision, reason } = await authorizer.authorize(attributesOf(user, { ...info, verb }, query));
  if (decision !== "Allow") {
    const { group, resource } = served;
    const message = `${qualifiedResource(served)} "${info.name}" is forbidden: not permitted to do "${verb}", reason: ${reason}`;
    const details = { name: info.name, ...(group === "" ? {} : { group }), kind: resource };
    throw new StatusError("Forbidden", message, details);
  }
  await registry.deleteUnread(deletion, context);
  const details = { name: info.name, kind: served.kind };
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details, code: 200 };
  write(call, 200, status);
}
