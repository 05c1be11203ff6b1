import { write } from "../answer.ts";
import type { Subresource } from "./subresource.ts";

/** policy/v1 Eviction: a deletion by another name. */
export const eviction: Subresource = {
  name: "pods/eviction",
  serve: async ({ call, context }, { registry }) => {
    await registry.delete({}, { ...context, subresource: "" });
    write(call, 201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
  },
};
