import { StatusError } from "@sallyport/kube";
import type { DeleteOptions } from "../../registry/context.ts";
import { write } from "../answer.ts";
import { decodeBody } from "../body.ts";
import type { Subresource } from "./subresource.ts";

/** policy/v1 Eviction: a deletion by another name, with its options. */
export const eviction: Subresource = {
  name: "pods/eviction",
  serve: async ({ call, context, bytes, type }, { registry }) => {
    const { metadata = {}, deleteOptions = {} } = decodeBody(bytes, type).value as {
      readonly metadata?: { readonly name?: string };
      readonly deleteOptions?: DeleteOptions;
    };
    if (metadata.name && metadata.name !== context.name)
      throw new StatusError("BadRequest", "name in URL does not match name in Eviction object");
    const dryRun = context.dryRun || deleteOptions.dryRun?.includes("All") === true;
    await registry.delete(deleteOptions, { ...context, dryRun, subresource: "" });
    write(call, 201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
  },
};
