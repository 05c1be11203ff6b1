import { type KubeObject, systemPriorityClasses } from "@sallyport/kube";
import type { WriteContext } from "./context.ts";
import { undeletable } from "./faults.ts";

/** Throws Forbidden for what the server itself cannot be without. */
export function checkDeletable({ metadata }: KubeObject, { info }: Pick<WriteContext, "info">): void {
  if (info.custom !== undefined || info.resource !== "priorityclasses") return;
  const { name = "" } = metadata;
  if (systemPriorityClasses.some((each) => each.metadata.name === name))
    throw undeletable(info, name, "this is a system priority class and cannot be deleted");
}
