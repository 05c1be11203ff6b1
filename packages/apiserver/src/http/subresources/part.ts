import type { KubeObject } from "@sallyport/kube";
import { write } from "../answer.ts";
import { decodeResourceBody } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { writeObject } from "../list.ts";
import { mayCreate, patchObject } from "../patch.ts";
import { readPrepared } from "../read-object.ts";
import type { Subresource, SubresourceCall } from "./subresource.ts";

/** A subresource whose body is the whole object, of which only a part may change by it: `status`, `ephemeralcontainers`, … */
export function partOfObject(name: string): Subresource {
  return {
    name,
    serve: async ({ call, context, bytes, type }, options) => {
      const { object, created } = await answerOf({ call, context, bytes, type }, options);
      const shown = { info: context.info, query: call.query, wanted: call.wanted, now: options.now };
      write(call, created ? 201 : 200, writeObject(object, shown));
    },
  };
}

/** Services are made by their status, too, when they are not there. */
async function answerOf(
  { call, context, bytes, type }: SubresourceCall,
  options: HandlerOptions,
): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  const { verb } = call.info;
  if (verb === "get") return { object: await readPrepared(call, context.info, options), created: false };
  if (verb === "patch") return patchObject(call, context, bytes, type, options);
  const body = decodeResourceBody(bytes, type, context.info);
  return options.registry.replace(body, context, () => mayCreate(call, options));
}
