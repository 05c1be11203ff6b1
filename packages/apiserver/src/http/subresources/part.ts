import type { KubeObject } from "@sallyport/kube";
import { write } from "../answer.ts";
import { decodeResourceBody } from "../body.ts";
import { writeObject } from "../list.ts";
import { patchObject } from "../patch.ts";
import { readPrepared } from "../read-object.ts";
import type { Subresource } from "./subresource.ts";

/** A subresource whose body is the whole object, of which only a part may change by it: `status`, `ephemeralcontainers`, … */
export function partOfObject(name: string): Subresource {
  return {
    name,
    serve: async ({ call, context, bytes, type }, options) => {
      const answer = (object: KubeObject) =>
        write(
          call,
          200,
          writeObject(object, { info: context.info, query: call.query, wanted: call.wanted, now: options.now }),
        );
      if (call.info.verb === "get") answer(await readPrepared(call, context.info, options));
      else if (call.info.verb === "patch") answer((await patchObject(call, context, bytes, type, options)).object);
      else answer(await options.registry.updateFrom(decodeResourceBody(bytes, type, context.info), context));
    },
  };
}
